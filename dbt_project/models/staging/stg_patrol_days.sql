with source as (
    select * from {{ source('landed', 'patrol_days') }}
),

final as (
    select
        patrol_id,
        patrol_day,
        distance_km,
        point_count
    from source
)

select * from final
