with effort as (
    select * from {{ ref('stg_patrol_effort') }}
),

events as (
    select
        events.patrol_id,
        count(*) filter (where events.event_kind = 'threat') as threat_count,
        count(*) filter (where events.event_kind = 'wildlife') as wildlife_count,
        count(*) as event_count
    from {{ ref('stg_patrol_events') }} as events
    inner join {{ ref('stg_patrol_event_days') }} as days on events.event_id = days.event_id
    where events.patrol_id is not null
    group by events.patrol_id
),

final as (
    select
        effort.patrol_id,
        records.source_system,
        records.patrol_type,
        records.transport,
        records.community_id,
        records.member_count,
        effort.started_on,
        effort.ended_on,
        effort.declared_days,
        effort.patrol_days,
        effort.hours,
        effort.distance_km,
        effort.cell_count,
        coalesce(events.event_count, 0) as event_count,
        coalesce(events.threat_count, 0) as threat_count,
        coalesce(events.wildlife_count, 0) as wildlife_count,
        effort.point_count,
        effort.outside_count,
        effort.junk_count,
        effort.duplicate_count,
        effort.outlier_count,
        effort.gap_count,
        effort.same_as,
        effort.method,
        effort.reason
    from effort
    left join {{ ref('stg_patrol_records') }} as records on effort.patrol_id = records.patrol_id
    left join events on effort.patrol_id = events.patrol_id
)

select * from final
