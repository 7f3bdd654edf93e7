with effort as (
    select * from {{ ref('stg_camera_effort') }}
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
    from effort
)

select * from final
