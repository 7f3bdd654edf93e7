-- Removals that the project credits are those beyond the baseline's: where it does not name them, they are not known.
with segments as (
    select * from {{ ref('int_account_segments') }}
    where scenario = 'baseline' and baseline_version <> '*'
),

areas as (
    select * from {{ ref('int_account_areas') }}
    where activity = 'enhancement' and scope in ('project_area', 'leakage_belt')
),

declared as (
    select declared.*
    from {{ ref('int_account_declared') }} as declared
    inner join {{ ref('int_account_constants') }} as accounts
        on declared.project_id = accounts.project_id and declared.rule_set = accounts.rule_set
    where
        declared.component = 'enhancement'
        and declared.scope in ('project_area', 'leakage_belt')
        and (declared.scenario = 'baseline' or accounts.enhancement_credited = 'yes')
),

-- What is declared is of the whole scope: it answers for each of its strata.
grown as (
    select distinct
        segments.project_id,
        segments.rule_set,
        segments.baseline_version,
        areas.scope,
        areas.zone_id,
        areas.stratum_id,
        areas.from_state,
        segments.vintage_year as year,
        segments.days,
        segments.days_in_year
    from segments
    inner join areas
        on
            segments.project_id = areas.project_id
            and segments.rule_set = areas.rule_set
            and segments.vintage_year = areas.year
    anti join declared
        on
            declared.scenario = 'baseline'
            and segments.project_id = declared.project_id
            and segments.rule_set = declared.rule_set
            and segments.baseline_version = declared.baseline_version
            and areas.scope = declared.scope
            and segments.vintage_year = declared.year
    where areas.scenario = 'monitored' and areas.area_parts is distinct from 0
),

grown_lacking as (
    select
        grown.project_id,
        grown.rule_set,
        grown.baseline_version,
        grown.scope,
        grown.zone_id,
        grown.year,
        grown.days,
        grown.days_in_year,
        'baseline ' || grown.baseline_version || ' names no enhancement of ' || grown.from_state || ' in stratum '
        || grown.stratum_id || ' of zone ' || grown.zone_id || ' in ' || grown.year
        || ', of which removals are credited (0 where there is none)' as reason
    from grown
    anti join areas
        on
            areas.scenario = 'baseline'
            and grown.project_id = areas.project_id
            and grown.rule_set = areas.rule_set
            and grown.baseline_version = areas.baseline_version
            and grown.scope = areas.scope
            and grown.zone_id = areas.zone_id
            and grown.stratum_id = areas.stratum_id
            and grown.from_state = areas.from_state
            and grown.year = areas.year
),

declared_lacking as (
    select distinct
        segments.project_id,
        segments.rule_set,
        segments.baseline_version,
        declared.scope,
        '*' as zone_id,
        segments.vintage_year as year,
        segments.days,
        segments.days_in_year,
        'baseline ' || segments.baseline_version || ' names no enhancement in ' || segments.vintage_year
        || ', of which removals are credited (0 where there is none)' as reason
    from segments
    inner join declared
        on
            segments.project_id = declared.project_id
            and segments.rule_set = declared.rule_set
            and segments.vintage_year = declared.year
    anti join declared as expected
        on
            expected.scenario = 'baseline'
            and segments.project_id = expected.project_id
            and segments.rule_set = expected.rule_set
            and segments.baseline_version = expected.baseline_version
            and declared.scope = expected.scope
            and segments.vintage_year = expected.year
    anti join areas
        on
            areas.scenario = 'baseline'
            and segments.project_id = areas.project_id
            and segments.rule_set = areas.rule_set
            and segments.baseline_version = areas.baseline_version
            and declared.scope = areas.scope
            and segments.vintage_year = areas.year
    where declared.scenario = 'monitored' and declared.emissions_tco2e is distinct from 0
),

united as (
    select * from grown_lacking
    union all
    select * from declared_lacking
),

final as (
    select
        project_id,
        rule_set,
        'baseline' as scenario,
        baseline_version,
        scope,
        zone_id,
        'enhancement' as activity,
        year,
        days,
        days_in_year,
        reason
    from united
)

select * from final
