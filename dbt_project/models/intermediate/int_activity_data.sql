with zones as (
    select *
    from {{ ref('stg_zones') }}
    where kind in ('project_area', 'leakage_belt')
),

vintages as (
    select * from {{ ref('stg_vintages') }}
),

stratum_loss as (
    select * from {{ ref('int_stratum_loss') }}
),

zone_years as (
    select * from {{ ref('int_zone_years') }}
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
        needed.zone_id,
        needed.kind,
        coalesce(stratum_loss.stratum_id, '*') as stratum_id,
        needed.year,
        'monitored' as scenario,
        -- A measured zone without forest has no stratum to lose: a measured zero.
        case
            when stratum_loss.stratum_id is not null then {{ um2_to_ha('stratum_loss.area_um2') }}
            when zone_years.is_measured then 0
        end as area_ha,
        zone_years.reason
    from needed
    inner join zone_years on needed.zone_id = zone_years.zone_id and needed.year = zone_years.year
    left join stratum_loss on needed.zone_id = stratum_loss.zone_id and needed.year = stratum_loss.year
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
        cast(area_ha as decimal(18, 6)) as area_ha
    from scenarios
)

select * from final
