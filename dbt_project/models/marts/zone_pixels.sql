with pixels as (
    select * from {{ ref('stg_zone_pixels') }}
),

zones as (
    select * from {{ ref('stg_zones') }}
),

final as (
    select
        pixels.zone_id,
        zones.kind,
        zones.zone_name,
        pixels.product,
        pixels.product_version,
        pixels.pixel_rule,
        pixels.pixel_count,
        pixels.area_ha as pixel_area_ha,
        pixels.nominal_area_ha as nominal_pixel_area_ha,
        zones.area_ha,
        {{ divide('(pixels.area_ha - zones.area_ha) * 100', 'zones.area_ha', 6, 6, scale=6, width=18) }}
            as difference_percent
    from pixels
    inner join zones on pixels.zone_id = zones.zone_id
)

select * from final
