-- Areas of high conservation value by the HCV classes that were visited in them; an area without a visit has one row,
-- without a class.
with project as (
    select * from {{ ref('stg_project') }}
),

areas as (
    select
        zone_id,
        zone_name
    from {{ ref('stg_zones') }}
    where kind = 'hcv'
),

visits as (
    select
        visits.zone_id,
        visits.hcv_class,
        count(*) as visit_count,
        max(visits.visited_on) as last_visited_on,
        -- Of several visits on one day the last id counts, so that the answer does not depend on the order of rows.
        arg_max(visits.condition, (visits.visited_on, visits.hcv_visit_id)) as condition,
        arg_min(visits.condition, (visits.visited_on, visits.hcv_visit_id)) as first_condition,
        count(visits.threat_type) as visits_with_threat_count
    from {{ ref('stg_hcv_visits') }} as visits
    cross join project
    where visits.visited_on between project.period_start and project.period_end
    group by visits.zone_id, visits.hcv_class
),

forest as (
    select
        forest_cover.zone_id,
        forest_cover.area_ha as forest_ha
    from {{ ref('forest_cover_annual') }} as forest_cover
    cross join project
    where forest_cover.year = year(project.period_end)
),

loss as (
    select
        zone_id,
        {{ sum_or_null('period_area_ha') }} as forest_loss_ha
    from {{ ref('deforestation_annual') }}
    where in_period
    group by zone_id
),

threats as (
    select
        record_zones.zone_id,
        count(*) as threat_count
    from {{ ref('stg_patrol_events') }} as events
    inner join {{ ref('stg_patrol_event_days') }} as days on events.event_id = days.event_id
    inner join {{ ref('stg_record_zones') }} as record_zones
        on record_zones.dataset = 'patrol_events' and events.event_id = record_zones.record_id
    cross join project
    where
        events.event_kind = 'threat'
        and days.observed_on between project.period_start and project.period_end
    group by record_zones.zone_id
),

landed as (
    select coalesce(bool_or(dataset = 'patrol_events'), false) as has_events
    from {{ ref('stg_batches') }}
),

final as (
    select
        areas.zone_id,
        areas.zone_name,
        visits.hcv_class,
        visits.condition,
        visits.first_condition,
        visits.last_visited_on,
        coalesce(visits.visit_count, 0) as visit_count,
        coalesce(visits.visits_with_threat_count, 0) as visits_with_threat_count,
        cast(forest.forest_ha as decimal(18, 6)) as forest_ha,
        cast(loss.forest_loss_ha as decimal(18, 6)) as forest_loss_ha,
        case when landed.has_events then coalesce(threats.threat_count, 0) end as threat_count,
        case when visits.zone_id is null then 'nobody visited the area in the period' end as reason
    from areas
    cross join landed
    left join visits on areas.zone_id = visits.zone_id
    left join forest on areas.zone_id = forest.zone_id
    left join loss on areas.zone_id = loss.zone_id
    left join threats on areas.zone_id = threats.zone_id
)

select * from final
