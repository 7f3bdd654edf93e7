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
        {{ um2_to_ha('area_um2') }} as area_ha,
        {{ um2_to_ha('nominal_area_um2') }} as nominal_area_ha
    from source
)

select * from final
