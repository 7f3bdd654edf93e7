with zones as (
    select *
    from {{ ref('stg_zones') }}
    where kind in ('project_area', 'leakage_belt')
),

vintages as (
    select * from {{ ref('stg_vintages') }}
),

baseline_activity as (
    select * from {{ ref('stg_baseline_activity') }}
),

needed as (
    select
        zones.zone_id,
        zones.kind,
        vintages.vintage_year as year
    from zones
    cross join vintages
),

monitored as (
    select
        zone_id,
        kind,
        stratum_id,
        year,
        'monitored' as scenario,
        area_ha,
        u90,
        reason
    from {{ ref('int_monitored_area') }}
    where in_period and rule_set in (select project.rule_set from {{ ref('stg_project') }} as project)
),

-- A baseline names the strata it expects deforestation in; a zone and year without any row has no baseline, not a zero.
baseline as (
    select
        needed.zone_id,
        needed.kind,
        coalesce(baseline_activity.stratum_id, '*') as stratum_id,
        needed.year,
        'baseline' as scenario,
        baseline_activity.area_ha,
        null as u90,
        case
            when baseline_activity.zone_id is null
                then 'no baseline for zone ' || needed.zone_id || ' in ' || needed.year
        end as reason
    from needed
    left join baseline_activity
        on needed.zone_id = baseline_activity.zone_id and needed.year = baseline_activity.year
),

scenarios as (
    select * from monitored
    union all
    select * from baseline
),

final as (
    select
        zone_id,
        kind,
        stratum_id,
        year,
        scenario,
        reason,
        cast(area_ha as decimal(18, 6)) as area_ha,
        cast(u90 as decimal(18, 9)) as u90
    from scenarios
)

select * from final
