-- What stocks make of each emission where nothing errs: the draws multiply it by the errors of stocks and of areas.
with emission_rows as (
    select * from {{ ref('int_account_emission_rows') }}
    where period_tco2e is not null
),

stock_links as (
    select * from {{ ref('int_account_stock_links') }}
),

final as (
    select
        emission_rows.project_id,
        emission_rows.rule_set,
        emission_rows.year as vintage_year,
        emission_rows.scope,
        emission_rows.scenario,
        emission_rows.change_no,
        stock_links.multiple_id,
        cast(sum(coalesce(stock_links.part_tco2e, emission_rows.period_tco2e)) as double) as part_tco2e
    from emission_rows
    left join stock_links
        on emission_rows.change_no = stock_links.change_no and emission_rows.pool = stock_links.pool
    group by
        emission_rows.project_id,
        emission_rows.rule_set,
        emission_rows.year,
        emission_rows.scope,
        emission_rows.scenario,
        emission_rows.change_no,
        stock_links.multiple_id
)

select * from final
