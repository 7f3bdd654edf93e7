with threats as (
    select * from {{ ref('int_threats') }}
),

places as (
    select
        zone_id,
        kind,
        zone_name
    from {{ ref('stg_zones') }}
    union all
    select
        '*' as zone_id,
        null as kind,
        null as zone_name
),

types as (
    select distinct threat_type
    from threats
    where threat_type is not null
    union all
    select '*' as threat_type
),

ways as (
    select
        '*' as zone_id,
        sum(distance_km) as distance_km
    from {{ ref('stg_patrol_effort') }}
    union all
    select
        zone_id,
        distance_km
    from {{ ref('stg_patrol_coverage') }}
    where month is null
),

located as (
    select
        threats.*,
        zones.zone_id
    from threats
    inner join {{ ref('stg_record_zones') }} as zones
        on
            threats.event_id = zones.record_id
            and zones.dataset = 'patrol_events'
    union all
    select
        threats.*,
        '*' as zone_id
    from threats
),

counted as (
    select
        places.zone_id,
        types.threat_type,
        count(located.event_id) as threat_count,
        count(located.event_id) filter (where located.is_on_track) as threat_on_track_count,
        count(located.response_days) as answered_count,
        median(located.response_days) as median_response_days
    from places
    cross join types
    left join located
        on
            places.zone_id = located.zone_id
            and (types.threat_type = '*' or types.threat_type = located.threat_type)
    group by places.zone_id, types.threat_type
),

told as (
    select
        counted.zone_id,
        places.kind,
        places.zone_name,
        counted.threat_type,
        sources.has_events,
        sources.has_tracks,
        sources.events_reason,
        sources.tracks_reason,
        counted.threat_count,
        counted.threat_on_track_count,
        case when sources.has_tracks then ways.distance_km end as distance_km,
        counted.answered_count,
        -- Where nobody walked, and nobody reported anything, no threat is no zero.
        sources.has_events and (
            coalesce(sources.has_tracks and ways.distance_km > 0, false)
            or max(counted.threat_count) over (partition by counted.zone_id) > 0
        ) as is_known,
        cast(counted.median_response_days as decimal(9, 1)) as median_response_days
    from counted
    inner join places on counted.zone_id = places.zone_id
    left join ways on counted.zone_id = ways.zone_id
    cross join {{ ref('int_patrol_sources') }} as sources
),

final as (
    select
        zone_id,
        kind,
        zone_name,
        threat_type,
        case when is_known then threat_count end as threat_count,
        case when is_known then threat_on_track_count end as threat_on_track_count,
        cast(distance_km as decimal(28, 9)) as distance_km,
        case
            when is_known and distance_km > 0
                then {{ divide('(100 * threat_on_track_count)', 'distance_km', 0, 9, scale=3, width=18) }}
        end as threats_per_100_km,
        case when is_known then answered_count end as answered_count,
        case when is_known then threat_count - answered_count end as open_count,
        median_response_days,
        case
            when not has_events then events_reason
            when not has_tracks then tracks_reason
            when distance_km is null then 'no track of the period could be measured'
            when distance_km = 0 then 'no patrol walked here'
        end as reason,
        case
            when not has_events then events_reason
            when not is_known then 'nobody is known to have looked here'
            when threat_count = 0 then 'no threat was reported'
            when answered_count = 0 then 'no response is recorded'
        end as response_reason
    from told
)

select * from final
