with source as (
    select * from {{ source('landed', 'fire_zones') }}
),

final as (
    select
        fire_id,
        zone_id
    from source
)

select * from final
