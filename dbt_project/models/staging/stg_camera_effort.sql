with source as (
    select * from {{ source('landed', 'camera_effort') }}
),

final as (
    select
        deployment_id,
        location_code,
        first_night,
        last_night,
        deployed_nights,
        failed_nights,
        camera_nights,
        reason
    from source
)

select * from final
