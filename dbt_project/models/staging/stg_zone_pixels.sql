with source as (
    select * from {{ source('landed', 'zone_pixels') }}
),

final as (
    select
        zone_id,
        product,
        product_version,
        pixel_rule,
        pixel_count,
        {{ divide('area_um2', '10000000000000000', 0, scale=6, width=18) }} as area_ha,
        {{ divide('nominal_area_um2', '10000000000000000', 0, scale=6, width=18) }} as nominal_area_ha
    from source
)

select * from final
