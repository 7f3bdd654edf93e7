with source as (
    select * from {{ source('landed', 'prior_vintages') }}
),

final as (
    select
        project_id,
        rule_set,
        vintage_year,
        vintage_start,
        vintage_end,
        stock_change_tco2e,
        leakage_tco2e,
        balance_tco2e,
        buffer_tco2e,
        credits,
        source
    from source
)

select * from final
