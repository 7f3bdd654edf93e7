with source as (
    select * from {{ source('landed', 'camera_events') }}
),

final as (
    select
        camera_event_id,
        location_code,
        deployment_id,
        scientific_name,
        event_date,
        individual_count,
        observation_count,
        independence_minutes
    from source
)

select * from final
