-- To the last digit this is checked at the door; here in hectares, which are rounded once by class and once by zone.
with classes as (
    select
        zone_id,
        product,
        product_version,
        sum(area_ha) as area_ha,
        sum(pixel_count) as pixel_count,
        count(*) as classes
    from {{ ref('stg_land_cover_area') }}
    group by zone_id, product, product_version
)

select
    classes.zone_id,
    classes.area_ha,
    zone_pixels.area_ha as zone_area_ha
from classes
inner join {{ ref('stg_zone_pixels') }} as zone_pixels
    on
        classes.zone_id = zone_pixels.zone_id
        and classes.product = zone_pixels.product
        and classes.product_version = zone_pixels.product_version
where
    classes.pixel_count <> zone_pixels.pixel_count
    or abs(classes.area_ha - zone_pixels.area_ha) * 1000000 > classes.classes
