with project as (
    select * from {{ ref('stg_project') }}
),

months as (
    select
        cast(
            unnest(
                generate_series(
                    cast(date_trunc('month', period_start) as timestamp),
                    cast(date_trunc('month', period_end) as timestamp),
                    interval 1 month
                )
            ) as date
        ) as month
    from project
),

-- Before the first record of all nobody can tell whether a patrol went out.
begun as (
    select
        months.month,
        coalesce(sources.patrols_first_day <= last_day(months.month), true) as is_begun
    from months
    cross join {{ ref('int_patrol_sources') }} as sources
),

ways as (
    select
        cast(date_trunc('month', patrol_day) as date) as month,
        count(distinct patrol_id) as patrol_count,
        count(*) as patrol_days,
        sum(distance_km) as distance_km
    from {{ ref('stg_patrol_days') }}
    group by cast(date_trunc('month', patrol_day) as date)
),

untracked as (
    select
        cast(date_trunc('month', coalesce(started_on, ended_on)) as date) as month,
        count(*) as untracked_patrol_count
    from {{ ref('stg_patrol_effort') }}
    where distance_km is null
    group by cast(date_trunc('month', coalesce(started_on, ended_on)) as date)
),

threats as (
    select
        cast(date_trunc('month', observed_on) as date) as month,
        count(*) as threat_count,
        count(*) filter (where is_on_track) as threat_on_track_count,
        median(response_days) as median_response_days
    from {{ ref('int_threats') }}
    group by cast(date_trunc('month', observed_on) as date)
),

told as (
    select
        months.month,
        sources.has_tracks,
        sources.has_events,
        sources.tracks_reason,
        sources.events_reason,
        sources.patrols_first_day,
        months.is_begun,
        case when sources.has_tracks and months.is_begun then coalesce(ways.patrol_count, 0) end
            as tracked_patrol_count,
        case
            when sources.has_patrols and months.is_begun then coalesce(untracked.untracked_patrol_count, 0)
        end as untracked_patrol_count,
        case when sources.has_tracks and months.is_begun then coalesce(ways.patrol_days, 0) end as patrol_days,
        case when sources.has_tracks and months.is_begun then coalesce(ways.distance_km, 0) end as distance_km,
        -- No threat is a zero only where somebody went out.
        case
            when
                sources.has_events
                and coalesce(threats.threat_count, ways.patrol_count, untracked.untracked_patrol_count) > 0
                then coalesce(threats.threat_count, 0)
        end as threat_count,
        case when sources.has_events then coalesce(threats.threat_on_track_count, 0) end as threat_on_track_count,
        cast(threats.median_response_days as decimal(9, 1)) as median_response_days
    from begun as months
    cross join {{ ref('int_patrol_sources') }} as sources
    left join ways on months.month = ways.month
    left join untracked on months.month = untracked.month
    left join threats on months.month = threats.month
),

final as (
    select
        month,
        tracked_patrol_count,
        untracked_patrol_count,
        patrol_days,
        cast(distance_km as decimal(28, 9)) as distance_km,
        threat_count,
        case
            when distance_km > 0
                then {{ divide('(100 * threat_on_track_count)', 'distance_km', 0, 9, scale=3, width=18) }}
        end as threats_per_100_km,
        median_response_days,
        case
            when not has_tracks then tracks_reason
            when not is_begun then 'the records of patrols begin on ' || patrols_first_day
            when distance_km = 0 then 'no patrol with a track went out'
            when untracked_patrol_count > 0
                then untracked_patrol_count || ' patrol(s) have no track that could be measured'
        end as reason,
        case
            when threat_count is not null then null
            when not has_events then events_reason
            else 'nobody is known to have gone out'
        end as threat_reason
    from told
)

select * from final
