with baseline as (
    select * from {{ ref('baseline_emissions') }}
),

project as (
    select * from {{ ref('project_emissions') }}
),

rules as (
    select * from {{ ref('int_account_rules') }}
),

-- An area of zero that was estimated has an error all the same.
estimated_nothing as (
    select distinct
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
        unnest(range(first_year, last_year + 1)) as year
    from {{ ref('int_account_activity') }}
    where area_ha = 0 and {{ has_stated_error() }}
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

-- What emits nothing has no error either: no interval is asked of an area of zero that was counted.
emitted as (
    select both_sides.*
    from both_sides
    left join estimated_nothing
        on
            both_sides.period_tco2e = 0
            and both_sides.project_id = estimated_nothing.project_id
            and both_sides.rule_set = estimated_nothing.rule_set
            and both_sides.scenario = estimated_nothing.scenario
            and both_sides.baseline_version is not distinct from estimated_nothing.baseline_version
            and both_sides.scope = estimated_nothing.scope
            and both_sides.zone_id = estimated_nothing.zone_id
            and both_sides.stratum_id = estimated_nothing.stratum_id
            and both_sides.activity = estimated_nothing.activity
            and both_sides.from_state = estimated_nothing.from_state
            and both_sides.to_state = estimated_nothing.to_state
            and both_sides.year = estimated_nothing.year
    where
        both_sides.scope in ('project_area', 'leakage_belt')
        and (both_sides.period_tco2e is distinct from 0 or estimated_nothing.project_id is not null)
),

-- A number stands for the many words of an emission of all pools together, so that a portfolio is quick; it follows
-- the order of the accounts.
kinds as (
    select
        emitted.*,
        rules.emission_timing,
        rules.ad_uncertainty_u90,
        case
            when emitted.pool = 'declared' then 'declared'
            when emitted.activity = 'fire' then 'fire'
            else 'stock_change'
        end as kind,
        -- What decays comes from the areas of several years, of each pool others.
        coalesce(
            rules.emission_timing = 'decay'
            and emitted.activity = 'deforestation'
            and emitted.method = 'stock_change', false
        ) as decays,
        coalesce(
            emitted.method is distinct from 'stock_change'
            or (rules.emission_detail = 'by_total' and emitted.pool = 'total'), false
        ) as is_of_all_pools,
        -- The belt counts the other way round, but so does its excess: more loss there is less reduction too.
        case emitted.scenario when 'baseline' then 1 else -1 end as sign_in_net
    from emitted
    inner join rules
        on
            emitted.project_id = rules.project_id
            and emitted.rule_set = rules.rule_set
            and emitted.year = rules.vintage_year
),

final as (
    select
        *,
        dense_rank() over (
            order by
                project_id,
                rule_set,
                scenario,
                scope,
                year,
                zone_id,
                stratum_id,
                activity,
                from_state,
                to_state,
                baseline_version,
                kind,
                case when decays then pool end
        ) as change_no
    from kinds
)

select * from final
