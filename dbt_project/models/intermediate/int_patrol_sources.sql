-- What is known of patrols in the period. Before the first record nobody can tell who went out, or what was seen.
with landed as (
    select
        count(*) filter (where dataset = 'patrol_tracks') > 0 as tracks_landed,
        count(*) filter (where dataset = 'patrol_events') > 0 as events_landed,
        count(*) > 0 as patrols_landed
    from {{ ref('stg_batches') }}
    where dataset in ('patrol_records', 'patrol_tracks', 'patrol_events')
),

days as (
    select
        count(*) > 0 as is_tracked,
        min(patrol_day) as first_day
    from {{ ref('stg_patrol_days') }}
),

sources as (
    select
        coalesce(bool_or(is_known) filter (where dataset = 'patrol_records'), false) as records_known,
        min(first_day) filter (where dataset = 'patrol_records') as records_first_day,
        max(reason) filter (where dataset = 'patrol_records') as records_reason,
        coalesce(bool_or(is_known) filter (where dataset = 'patrol_events'), false) as events_known,
        min(first_day) filter (where dataset = 'patrol_events') as events_first_day,
        max(reason) filter (where dataset = 'patrol_events') as events_reason
    from {{ ref('int_record_sources') }}
),

final as (
    select
        landed.tracks_landed and (days.is_tracked or sources.records_known) as has_tracks,
        landed.events_landed and sources.events_known as has_events,
        landed.patrols_landed and (days.is_tracked or sources.records_known) as has_patrols,
        least(sources.records_first_day, days.first_day) as patrols_first_day,
        sources.events_first_day,
        case
            when not landed.tracks_landed then 'no tracks of patrols were landed'
            when not (days.is_tracked or sources.records_known)
                then coalesce(sources.records_reason, 'no track is of the period')
        end as tracks_reason,
        case
            when not landed.events_landed then 'no events of patrols were landed'
            when not sources.events_known then sources.events_reason
        end as events_reason
    from landed
    cross join days
    cross join sources
)

select * from final
