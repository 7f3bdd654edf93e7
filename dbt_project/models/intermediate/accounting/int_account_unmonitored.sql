-- What the monitored side leaves out: changes of a stratum that the baseline in force counts, and what the monitored
-- side itself names in another year of the period. Not given is not zero; 0 is a value.
with accounts as (
    select * from {{ ref('int_account_constants') }}
),

vintages as (
    select
        project_id,
        rule_set,
        vintage_year as year,
        days,
        days_in_year
    from {{ ref('int_account_segments') }}
    where scenario = 'monitored'
),

segments as (
    select
        project_id,
        rule_set,
        baseline_version,
        vintage_year as year
    from {{ ref('int_account_segments') }}
    where scenario = 'baseline'
),

areas as (
    select * from {{ ref('int_account_areas') }}
    where scope in ('project_area', 'leakage_belt')
),

monitored as (
    select distinct
        areas.project_id,
        areas.rule_set,
        areas.scope,
        areas.zone_id,
        areas.stratum_id,
        areas.activity,
        areas.from_state,
        areas.year
    from areas
    semi join vintages
        on
            areas.project_id = vintages.project_id
            and areas.rule_set = vintages.rule_set
            and areas.year = vintages.year
    where areas.scenario = 'monitored'
),

-- The map measures each stratum of a zone: what it does not show was not lost.
measured as (
    select distinct
        project_id,
        rule_set,
        zone_id,
        year
    from {{ ref('int_monitored_area') }}
),

-- A sample of a stratum finds losses of every state of the forest.
sampled as (
    select distinct
        project_id,
        scope,
        zone_id,
        stratum_id,
        unnest(range(first_year, last_year + 1)) as year
    from {{ ref('int_account_samples') }}
),

declared as (
    select distinct
        emissions.project_id,
        emissions.rule_set,
        emissions.scope,
        emissions.component,
        emissions.year
    from {{ ref('int_account_declared') }} as emissions
    inner join accounts
        on emissions.project_id = accounts.project_id and emissions.rule_set = accounts.rule_set
    where
        emissions.scenario = 'monitored'
        and emissions.scope in ('project_area', 'leakage_belt')
        and (
            emissions.component in ('deforestation', 'fire')
            or (emissions.component = 'degradation' and accounts.degradation_counted = 'yes')
            or (emissions.component = 'enhancement' and accounts.enhancement_credited = 'yes')
        )
),

burnt as (
    select distinct
        project_id,
        rule_set,
        scope,
        zone_id,
        year
    from {{ ref('int_account_fire') }}
    where scenario = 'monitored' and scope in ('project_area', 'leakage_belt')
),

-- Removals that nobody monitored are none: that counts nothing for the project.
of_baseline as (
    select distinct
        areas.project_id,
        areas.rule_set,
        areas.scope,
        areas.zone_id,
        areas.stratum_id,
        areas.activity,
        areas.from_state,
        areas.year,
        'the baseline counts it' as named_by
    from areas
    inner join segments
        on
            areas.project_id = segments.project_id
            and areas.rule_set = segments.rule_set
            and areas.baseline_version = segments.baseline_version
            and areas.year = segments.year
    -- An activity that was not monitored in the zone at all is told as a whole; so are declared emissions of it.
    semi join monitored
        on
            areas.project_id = monitored.project_id
            and areas.rule_set = monitored.rule_set
            and areas.scope = monitored.scope
            and areas.zone_id = monitored.zone_id
            and areas.activity = monitored.activity
            and areas.year = monitored.year
    anti join declared
        on
            areas.project_id = declared.project_id
            and areas.rule_set = declared.rule_set
            and areas.scope = declared.scope
            and areas.activity = declared.component
            and areas.year = declared.year
    where
        areas.scenario = 'baseline'
        and areas.activity in ('deforestation', 'degradation')
        and areas.area_parts is distinct from 0
),

of_other_years as (
    select distinct
        monitored.project_id,
        monitored.rule_set,
        monitored.scope,
        monitored.zone_id,
        monitored.stratum_id,
        monitored.activity,
        monitored.from_state,
        vintages.year,
        'other years were' as named_by
    from monitored
    inner join vintages
        on monitored.project_id = vintages.project_id and monitored.rule_set = vintages.rule_set
),

changes as (
    select * from of_baseline
    union all
    select * from of_other_years
),

changes_lacking as (
    select
        changes.project_id,
        changes.rule_set,
        changes.scope,
        changes.zone_id,
        changes.activity,
        changes.year,
        changes.activity || ' of ' || changes.from_state || ' in stratum ' || changes.stratum_id || ' of zone '
        || changes.zone_id || ' was not monitored in ' || changes.year || ', and ' || min(changes.named_by)
        || ' (0 where there was none)' as reason
    from changes
    anti join monitored
        on
            changes.project_id = monitored.project_id
            and changes.rule_set = monitored.rule_set
            and changes.scope = monitored.scope
            and changes.zone_id = monitored.zone_id
            and changes.stratum_id = monitored.stratum_id
            and changes.activity = monitored.activity
            and changes.from_state = monitored.from_state
            and changes.year = monitored.year
    anti join measured
        on
            changes.activity = 'deforestation'
            and changes.project_id = measured.project_id
            and changes.rule_set = measured.rule_set
            and changes.zone_id = measured.zone_id
            and changes.year = measured.year
    anti join sampled
        on
            changes.activity = 'deforestation'
            and changes.project_id = sampled.project_id
            and changes.scope = sampled.scope
            and changes.zone_id = sampled.zone_id
            and changes.stratum_id = sampled.stratum_id
            and changes.year = sampled.year
    group by
        changes.project_id,
        changes.rule_set,
        changes.scope,
        changes.zone_id,
        changes.stratum_id,
        changes.activity,
        changes.from_state,
        changes.year
),

-- Strata that burnt are named where they burnt: a zone with a burnt area of the year has told of its fires.
fires_lacking as (
    select distinct
        burnt.project_id,
        burnt.rule_set,
        burnt.scope,
        burnt.zone_id,
        'fire' as activity,
        vintages.year,
        'burnt areas of zone ' || burnt.zone_id || ' are given of other years, not of ' || vintages.year
        || ' (0 where there was none)' as reason
    from burnt
    inner join vintages
        on burnt.project_id = vintages.project_id and burnt.rule_set = vintages.rule_set
    anti join burnt as seen
        on
            burnt.project_id = seen.project_id
            and burnt.rule_set = seen.rule_set
            and burnt.scope = seen.scope
            and burnt.zone_id = seen.zone_id
            and vintages.year = seen.year
),

declared_lacking as (
    select distinct
        declared.project_id,
        declared.rule_set,
        declared.scope,
        '*' as zone_id,
        declared.component as activity,
        vintages.year,
        declared.component || ' is declared of other years, not of ' || vintages.year
        || ' (0 where there was none)' as reason
    from declared
    inner join vintages
        on declared.project_id = vintages.project_id and declared.rule_set = vintages.rule_set
    anti join declared as seen
        on
            declared.project_id = seen.project_id
            and declared.rule_set = seen.rule_set
            and declared.scope = seen.scope
            and declared.component = seen.component
            and vintages.year = seen.year
),

united as (
    select * from changes_lacking
    union all by name
    select * from fires_lacking
    union all by name
    select * from declared_lacking
),

final as (
    select
        united.project_id,
        united.rule_set,
        'monitored' as scenario,
        '*' as baseline_version,
        united.scope,
        united.zone_id,
        united.activity,
        united.year,
        vintages.days,
        vintages.days_in_year,
        united.reason
    from united
    inner join vintages
        on
            united.project_id = vintages.project_id
            and united.rule_set = vintages.rule_set
            and united.year = vintages.year
)

select * from final
