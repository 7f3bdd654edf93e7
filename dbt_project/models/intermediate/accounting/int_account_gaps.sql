-- What a side of a vintage lacks, so that its emissions are not known: days without a baseline, zones without areas,
-- activities that the baseline counts and nobody monitored. Not given is not zero.
with accounts as (
    select * from {{ ref('int_account_constants') }}
),

segments as (
    select * from {{ ref('int_account_segments') }}
),

areas as (
    select distinct
        project_id,
        rule_set,
        scenario,
        baseline_version,
        scope,
        zone_id,
        activity,
        year
    from {{ ref('int_account_areas') }}
),

-- Declared emissions of a side, and whether the rule set counts them.
declared as (
    select distinct
        emissions.project_id,
        emissions.rule_set,
        emissions.scenario,
        emissions.baseline_version,
        emissions.scope,
        emissions.component,
        emissions.year,
        case emissions.component
            when 'degradation' then accounts.degradation_counted = 'yes'
            when 'enhancement' then emissions.scenario = 'baseline' or accounts.enhancement_credited = 'yes'
            else true
        end as is_counted
    from {{ ref('int_account_declared') }} as emissions
    inner join accounts
        on emissions.project_id = accounts.project_id and emissions.rule_set = accounts.rule_set
    where emissions.component in ('deforestation', 'degradation', 'enhancement', 'fire')
),

burnt as (
    select distinct
        project_id,
        rule_set,
        scenario,
        baseline_version,
        scope,
        zone_id,
        year
    from {{ ref('int_account_fire') }}
),

-- Zones of the project's definition, and those that a row of areas names in any year of either scenario.
zones as (
    select
        project_id,
        rule_set,
        scope,
        zone_id
    from {{ ref('int_account_activity') }}
    where scope in ('project_area', 'leakage_belt')
    union
    select
        accounts.project_id,
        accounts.rule_set,
        zones.kind as scope,
        zones.zone_id
    from {{ ref('stg_zones') }} as zones
    cross join {{ ref('stg_project') }} as project
    inner join accounts on project.project_id = accounts.project_id
    where zones.kind in ('project_area', 'leakage_belt')
),

sides as (
    select
        segments.*,
        zones.scope,
        zones.zone_id
    from segments
    inner join zones
        on segments.project_id = zones.project_id and segments.rule_set = zones.rule_set
    where segments.baseline_version <> '*' or segments.scenario = 'monitored'
),

zone_areas as (
    select
        project_id,
        rule_set,
        scenario,
        baseline_version,
        scope,
        zone_id,
        year
    from areas
    group by all
),

scope_areas as (
    select
        project_id,
        rule_set,
        scenario,
        baseline_version,
        scope,
        year
    from areas
    group by all
),

scope_declared as (
    select
        project_id,
        rule_set,
        scenario,
        baseline_version,
        scope,
        year
    from declared
    where is_counted and component <> 'fire'
    group by all
),

-- A zone without any area, unless the side has no areas at all but declared emissions.
zones_lacking as (
    select
        sides.project_id,
        sides.rule_set,
        sides.scenario,
        sides.baseline_version,
        sides.scope,
        sides.zone_id,
        'deforestation' as activity,
        sides.vintage_year as year,
        sides.days,
        sides.days_in_year,
        case sides.scenario
            when 'baseline' then 'no baseline for zone ' || sides.zone_id || ' in ' || sides.vintage_year
            else 'no monitored area for zone ' || sides.zone_id || ' in ' || sides.vintage_year
        end as reason
    from sides
    left join zone_areas
        on
            sides.project_id = zone_areas.project_id
            and sides.rule_set = zone_areas.rule_set
            and sides.scenario = zone_areas.scenario
            and sides.baseline_version = zone_areas.baseline_version
            and sides.scope = zone_areas.scope
            and sides.zone_id = zone_areas.zone_id
            and sides.vintage_year = zone_areas.year
    left join scope_areas
        on
            sides.project_id = scope_areas.project_id
            and sides.rule_set = scope_areas.rule_set
            and sides.scenario = scope_areas.scenario
            and sides.baseline_version = scope_areas.baseline_version
            and sides.scope = scope_areas.scope
            and sides.vintage_year = scope_areas.year
    left join scope_declared
        on
            sides.project_id = scope_declared.project_id
            and sides.rule_set = scope_declared.rule_set
            and sides.scenario = scope_declared.scenario
            and sides.baseline_version = scope_declared.baseline_version
            and sides.scope = scope_declared.scope
            and sides.vintage_year = scope_declared.year
    where zone_areas.year is null and (scope_areas.year is not null or scope_declared.year is null)
),

-- What the baseline of a vintage counts, by zone; declared emissions and burnt areas too.
expected as (
    select
        areas.project_id,
        areas.rule_set,
        areas.scope,
        areas.zone_id,
        areas.activity,
        areas.year
    from areas
    inner join segments
        on
            areas.project_id = segments.project_id
            and areas.rule_set = segments.rule_set
            and areas.scenario = segments.scenario
            and areas.baseline_version = segments.baseline_version
            and areas.year = segments.vintage_year
    where areas.scenario = 'baseline' and areas.activity in ('deforestation', 'degradation')
    union
    select
        project_id,
        rule_set,
        scope,
        zone_id,
        'fire' as activity,
        year
    from burnt
    where scenario = 'baseline'
    union
    select
        project_id,
        rule_set,
        scope,
        '*' as zone_id,
        component as activity,
        year
    from declared
    where scenario = 'baseline' and is_counted and component <> 'enhancement'
),

seen as (
    select
        project_id,
        rule_set,
        scope,
        zone_id,
        activity,
        year
    from areas
    where scenario = 'monitored'
    union
    select
        project_id,
        rule_set,
        scope,
        zone_id,
        'fire' as activity,
        year
    from burnt
    where scenario = 'monitored'
    union
    select
        project_id,
        rule_set,
        scope,
        '*' as zone_id,
        component as activity,
        year
    from declared
    where scenario = 'monitored'
),

-- A declared emission is of the whole scope: it answers for each of its zones, and any area answers for it.
answered as (
    select
        expected.project_id,
        expected.rule_set,
        expected.scope,
        expected.zone_id,
        expected.activity,
        expected.year
    from expected
    inner join seen
        on
            expected.project_id = seen.project_id
            and expected.rule_set = seen.rule_set
            and expected.scope = seen.scope
            and expected.activity = seen.activity
            and expected.year = seen.year
            and (expected.zone_id = seen.zone_id or seen.zone_id = '*' or expected.zone_id = '*')
),

lacking as (
    select * from expected
    except
    select * from answered
    except
    select
        project_id,
        rule_set,
        scope,
        zone_id,
        activity,
        year
    from zones_lacking
    where scenario = 'monitored'
),

activities_lacking as (
    select
        lacking.project_id,
        lacking.rule_set,
        'monitored' as scenario,
        '*' as baseline_version,
        lacking.scope,
        lacking.zone_id,
        lacking.activity,
        lacking.year,
        segments.days,
        segments.days_in_year,
        'the baseline counts ' || lacking.activity
        || case when lacking.zone_id = '*' then '' else ' in zone ' || lacking.zone_id end
        || ', and nothing of it was monitored in ' || lacking.year as reason
    from lacking
    inner join segments
        on
            lacking.project_id = segments.project_id
            and lacking.rule_set = segments.rule_set
            and segments.scenario = 'monitored'
            and lacking.year = segments.vintage_year
),

-- A zone without any area has its reason.
unmonitored as (
    select unmonitored.*
    from {{ ref('int_account_unmonitored') }} as unmonitored
    anti join zones_lacking
        on
            unmonitored.scenario = zones_lacking.scenario
            and unmonitored.project_id = zones_lacking.project_id
            and unmonitored.rule_set = zones_lacking.rule_set
            and unmonitored.scope = zones_lacking.scope
            and unmonitored.zone_id = zones_lacking.zone_id
            and unmonitored.activity = zones_lacking.activity
            and unmonitored.year = zones_lacking.year
),

-- Scopes of which only declared emissions or burnt areas are known.
named as (
    select
        project_id,
        rule_set,
        scope
    from declared
    where scope in ('project_area', 'leakage_belt')
    union
    select
        project_id,
        rule_set,
        scope
    from burnt
    where scope in ('project_area', 'leakage_belt')
),

-- A side of such a scope without any change of stocks that counts.
scopes_lacking as (
    select
        segments.project_id,
        segments.rule_set,
        segments.scenario,
        segments.baseline_version,
        named.scope,
        '*' as zone_id,
        'deforestation' as activity,
        segments.vintage_year as year,
        segments.days,
        segments.days_in_year,
        'no emissions of the ' || segments.scenario || ' in ' || segments.vintage_year as reason
    from segments
    inner join named
        on segments.project_id = named.project_id and segments.rule_set = named.rule_set
    anti join zones
        on
            segments.project_id = zones.project_id
            and segments.rule_set = zones.rule_set
            and named.scope = zones.scope
    anti join scope_declared
        on
            segments.project_id = scope_declared.project_id
            and segments.rule_set = scope_declared.rule_set
            and segments.scenario = scope_declared.scenario
            and segments.baseline_version = scope_declared.baseline_version
            and named.scope = scope_declared.scope
            and segments.vintage_year = scope_declared.year
    where segments.baseline_version <> '*' or segments.scenario = 'monitored'
),

scopes as (
    select
        project_id,
        rule_set,
        scope
    from zones
    union
    select
        project_id,
        rule_set,
        scope
    from named
),

days_lacking as (
    select
        segments.project_id,
        segments.rule_set,
        segments.scenario,
        segments.baseline_version,
        scopes.scope,
        '*' as zone_id,
        'deforestation' as activity,
        segments.vintage_year as year,
        segments.days,
        segments.days_in_year,
        segments.reason
    from segments
    inner join scopes
        on segments.project_id = scopes.project_id and segments.rule_set = scopes.rule_set
    where segments.scenario = 'baseline' and segments.baseline_version = '*'
),

united as (
    select * from zones_lacking
    union all by name
    select * from activities_lacking
    union all by name
    select * from {{ ref('int_account_past_gaps') }}
    union all by name
    select * from unmonitored
    union all by name
    select * from {{ ref('int_account_removal_gaps') }}
    union all by name
    select * from scopes_lacking
    union all by name
    select * from days_lacking
),

final as (
    select
        project_id,
        rule_set,
        scenario,
        baseline_version,
        scope,
        zone_id,
        activity,
        year,
        days,
        days_in_year,
        reason
    from united
)

select * from final
