-- Forest, forest lost and the rest hold every pixel of the zone, and the same area has the same digits in every table.
with classes as (
    select
        zone_id,
        product,
        product_version,
        sum(area_um2) as area_um2,
        sum(pixel_count) as pixel_count
    from {{ ref('stg_land_cover_area') }}
    group by zone_id, product, product_version
)

select
    classes.zone_id,
    zone_pixels.area_ha as zone_area_ha
from classes
inner join {{ ref('stg_zone_pixels') }} as zone_pixels
    on
        classes.zone_id = zone_pixels.zone_id
        and classes.product = zone_pixels.product
        and classes.product_version = zone_pixels.product_version
where
    classes.pixel_count <> zone_pixels.pixel_count
    or {{ um2_to_ha('classes.area_um2') }} <> zone_pixels.area_ha
