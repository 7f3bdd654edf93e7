-- Zones smaller than a coarse cell would narrow it down: they count such a threat, but are not told of it.
with cells as (
    select * from {{ ref('stg_record_cells') }}
    where dataset = 'patrol_events'
),

zones as (
    select
        zones.record_id,
        string_agg(zones.zone_id, ', ' order by zones.zone_id) as zone_ids
    from {{ ref('stg_record_zones') }} as zones
    inner join cells on zones.record_id = cells.record_id
    where zones.dataset = 'patrol_events' and cells.rule not like 'sensitive_cell_%' and cells.rule <> 'withheld'
    group by zones.record_id
),

final as (
    select
        events.event_id,
        events.source_system,
        events.patrol_id,
        days.observed_on,
        events.threat_type,
        events.source_category,
        events.severity,
        events.affected_area_ha,
        events.community_id,
        zones.zone_ids,
        cells.cell_m,
        cells.cell_id,
        cells.longitude as cell_longitude,
        cells.latitude as cell_latitude,
        cells.reason as place_reason,
        events.responded_on,
        days.response_days,
        events.resolved_on,
        days.resolution_days,
        days.reason
    from {{ ref('stg_patrol_events') }} as events
    inner join {{ ref('stg_patrol_event_days') }} as days on events.event_id = days.event_id
    left join zones on events.event_id = zones.record_id
    left join cells on events.event_id = cells.record_id
    where events.event_kind = 'threat'
)

select * from final
