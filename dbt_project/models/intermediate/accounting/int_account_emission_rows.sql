with baseline as (
    select * from {{ ref('baseline_emissions') }}
),

project as (
    select * from {{ ref('project_emissions') }}
),

rules as (
    select * from {{ ref('int_account_rules') }}
),

both_sides as (
    select
        project_id,
        rule_set,
        'baseline' as scenario,
        baseline_version,
        scope,
        zone_id,
        stratum_id,
        activity,
        from_state,
        to_state,
        pool,
        year,
        area_ha,
        method,
        period_tco2e
    from baseline
    union all
    select
        project_id,
        rule_set,
        'monitored' as scenario,
        null as baseline_version,
        scope,
        zone_id,
        stratum_id,
        activity,
        from_state,
        to_state,
        pool,
        year,
        area_ha,
        method,
        period_tco2e
    from project
),

-- What emits nothing has no error either: no interval is asked of an area of zero.
final as (
    select
        both_sides.*,
        rules.emission_timing,
        rules.ad_uncertainty_u90,
        concat_ws(
            '/',
            both_sides.scenario,
            both_sides.baseline_version,
            both_sides.scope,
            both_sides.zone_id,
            both_sides.stratum_id,
            both_sides.activity,
            both_sides.from_state,
            both_sides.to_state,
            both_sides.pool,
            both_sides.year
        ) as row_id,
        case
            when both_sides.pool = 'declared' then 'declared'
            when both_sides.activity = 'fire' then 'fire'
            else 'stock_change'
        end as kind,
        coalesce(
            both_sides.method is distinct from 'stock_change'
            or (rules.emission_detail = 'by_total' and both_sides.pool = 'total'), false
        ) as is_of_all_pools,
        -- The belt counts the other way round, but so does its excess: more loss there is less reduction too.
        case both_sides.scenario when 'baseline' then 1 else -1 end as sign_in_net
    from both_sides
    inner join rules
        on
            both_sides.project_id = rules.project_id
            and both_sides.rule_set = rules.rule_set
            and both_sides.year = rules.vintage_year
    where both_sides.scope in ('project_area', 'leakage_belt') and both_sides.period_tco2e is distinct from 0
)

select * from final
