with source as (
    select * from {{ source('landed', 'zone_statistics') }}
),

final as (
    select
        zone_id,
        stratum_id,
        product,
        product_version,
        layer,
        first_day,
        last_day,
        unit,
        pixel_rule,
        pixel_count,
        {{ um2_to_ha('area_um2') }} as area_ha,
        {{ um2_to_ha('nodata_area_um2') }} as nodata_area_ha,
        mean as mean_value,
        minimum as minimum_value,
        maximum as maximum_value,
        step as value_step
    from source
)

select * from final
