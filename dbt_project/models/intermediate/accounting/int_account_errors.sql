with emission_rows as (
    select * from {{ ref('int_account_emission_rows') }}
),

area_links as (
    select * from {{ ref('int_account_area_links') }}
),

stock_links as (
    select * from {{ ref('int_account_stock_links') }}
),

-- Pools of one emission come from the same areas.
changes as (
    select
        project_id,
        rule_set,
        scenario,
        baseline_version,
        scope,
        zone_id,
        stratum_id,
        activity,
        from_state,
        to_state,
        year,
        kind,
        sign_in_net,
        change_no,
        sum(period_tco2e) as period_tco2e
    from emission_rows
    group by all
),

-- The error of the part of an emission that an area makes. Multiply first, divide last. What nothing stands behind is
-- not without error: it is not known.
area_errors as (
    select
        changes.project_id,
        changes.rule_set,
        changes.year,
        changes.scope,
        changes.scenario,
        changes.sign_in_net,
        coalesce(
            area_links.input_id,
            'area ' || concat_ws(
                '/',
                changes.scenario,
                changes.baseline_version,
                changes.scope,
                changes.zone_id,
                changes.stratum_id,
                changes.activity,
                changes.from_state,
                changes.to_state,
                changes.year
            )
        ) as input_id,
        area_links.degrees_of_freedom,
        area_links.error_reason,
        coalesce(area_links.u90 is not null and area_links.amount is not null, false) as is_known,
        case
            when area_links.link_count = 1
                then
                    cast(
                        cast(changes.period_tco2e as decimal(38, 9)) * cast(area_links.u90 as decimal(38, 9))
                        as decimal(38, 9)
                    )
            else
                cast(
                    cast(changes.period_tco2e as double) * cast(area_links.u90 as double)
                    * cast(area_links.amount as double) / cast(area_links.whole as double)
                    as decimal(38, 9)
                )
        end as error_tco2e
    from changes
    left join area_links on changes.change_no = area_links.change_no
),

stock_errors as (
    select
        emission_rows.project_id,
        emission_rows.rule_set,
        emission_rows.year,
        emission_rows.scope,
        emission_rows.scenario,
        emission_rows.sign_in_net,
        coalesce(
            stock_links.input_id,
            'stock ' || concat_ws(
                '/',
                emission_rows.scenario,
                emission_rows.baseline_version,
                emission_rows.scope,
                emission_rows.zone_id,
                emission_rows.stratum_id,
                emission_rows.activity,
                emission_rows.from_state,
                emission_rows.to_state,
                emission_rows.pool,
                emission_rows.year
            )
        ) as input_id,
        stock_links.ratio_id,
        coalesce(stock_links.has_error and stock_links.error_tco2e is not null, false) as is_known,
        stock_links.error_tco2e,
        stock_links.ratio_error_tco2e
    from emission_rows
    left join stock_links
        on emission_rows.change_no = stock_links.change_no and emission_rows.pool = stock_links.pool
    where emission_rows.kind <> 'declared'
),

errors as (
    select
        project_id,
        rule_set,
        year,
        scope,
        scenario,
        sign_in_net,
        'area' as kind,
        input_id,
        is_known,
        error_tco2e,
        degrees_of_freedom,
        error_reason
    from area_errors
    union all by name
    select
        project_id,
        rule_set,
        year,
        scope,
        scenario,
        sign_in_net,
        'stock' as kind,
        input_id,
        is_known,
        error_tco2e
    from stock_errors
    union all by name
    select
        project_id,
        rule_set,
        year,
        scope,
        scenario,
        sign_in_net,
        'stock' as kind,
        ratio_id as input_id,
        true as is_known,
        ratio_error_tco2e as error_tco2e
    from stock_errors
    where ratio_id is not null
),

-- One error of an input serves every emission that it makes: there its errors are added before they are squared.
final as (
    select
        project_id,
        rule_set,
        year as vintage_year,
        kind,
        input_id,
        bool_and(is_known) filter (where scope = 'project_area') as is_known,
        bool_and(is_known) filter (where scope = 'leakage_belt') as is_belt_known,
        cast(
            coalesce(sum(sign_in_net * error_tco2e) filter (where scope = 'project_area'), 0) as decimal(28, 6)
        ) as error_tco2e,
        cast(
            coalesce(sum(sign_in_net * error_tco2e) filter (where scope = 'leakage_belt'), 0) as decimal(28, 6)
        ) as belt_error_tco2e,
        cast(
            coalesce(sum(error_tco2e) filter (where scope = 'project_area' and scenario = 'monitored'), 0)
            as decimal(28, 6)
        ) as monitored_error_tco2e,
        bool_or(scenario = 'monitored' and scope = 'project_area') as is_monitored,
        max(degrees_of_freedom) as degrees_of_freedom,
        max(error_reason) as error_reason
    from errors
    group by project_id, rule_set, year, kind, input_id
)

select * from final
