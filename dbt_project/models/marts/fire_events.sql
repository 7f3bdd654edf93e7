with fires as (
    select * from {{ ref('stg_fires') }}
),

events as (
    select * from {{ ref('stg_fire_events') }}
),

seen as (
    select
        events.event_id,
        bool_or(events.is_vegetation) as is_vegetation,
        min(fires.acquired_at_utc) as first_seen_at_utc,
        max(fires.acquired_at_utc) as last_seen_at_utc,
        count(*) as detection_count,
        count(distinct fires.satellite) as satellite_count,
        string_agg(distinct fires.satellite, ', ' order by fires.satellite) as satellites,
        max(fires.frp_mw) as highest_frp_mw
    from events
    inner join fires on events.fire_id = fires.fire_id
    group by events.event_id
),

final as (
    select
        seen.event_id,
        seen.is_vegetation,
        seen.first_seen_at_utc,
        seen.last_seen_at_utc,
        fires.latitude,
        fires.longitude,
        fires.confidence,
        seen.detection_count,
        seen.satellite_count,
        seen.satellites,
        seen.highest_frp_mw
    from seen
    inner join fires on seen.event_id = fires.fire_id
)

select * from final
