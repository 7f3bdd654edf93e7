with final as (
    select
        count(*) filter (where dataset = 'patrol_tracks') > 0 as has_tracks,
        count(*) filter (where dataset = 'patrol_events') > 0 as has_events,
        count(*) > 0 as has_patrols
    from {{ ref('stg_batches') }}
    where dataset in ('patrol_records', 'patrol_tracks', 'patrol_events')
)

select * from final
