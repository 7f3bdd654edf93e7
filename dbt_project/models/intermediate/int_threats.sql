with tracked as (
    select patrol_id
    from {{ ref('stg_patrol_effort') }}
    where distance_km is not null
),

final as (
    select
        events.event_id,
        events.threat_type,
        days.observed_on,
        days.response_days,
        tracked.patrol_id is not null as is_on_track
    from {{ ref('stg_patrol_events') }} as events
    inner join {{ ref('stg_patrol_event_days') }} as days on events.event_id = days.event_id
    left join tracked on events.patrol_id = tracked.patrol_id
    where events.event_kind = 'threat'
)

select * from final
