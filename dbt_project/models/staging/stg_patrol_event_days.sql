with source as (
    select * from {{ source('landed', 'patrol_event_days') }}
),

final as (
    select
        event_id,
        observed_on,
        response_days,
        resolution_days,
        reason
    from source
)

select * from final
