with source as (
    select * from {{ source('landed', 'fire_events') }}
),

final as (
    select
        fire_id,
        event_id,
        is_primary,
        duplicate_of,
        rule,
        is_vegetation
    from source
)

select * from final
