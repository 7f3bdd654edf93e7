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
        {{ divide('area_um2', '10000000000000000', 0, scale=6, width=18) }} as area_ha,
        {{ divide('nodata_area_um2', '10000000000000000', 0, scale=6, width=18) }} as nodata_area_ha,
        mean as mean_value,
        minimum as minimum_value,
        maximum as maximum_value,
        step as value_step
    from source
)

select * from final
