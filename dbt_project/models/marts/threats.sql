with zones as (
    select
        record_id,
        string_agg(zone_id, ', ' order by zone_id) as zone_ids
    from {{ ref('stg_record_zones') }}
    where dataset = 'patrol_events'
    group by record_id
),

cells as (
    select * from {{ ref('stg_record_cells') }}
    where dataset = 'patrol_events'
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
