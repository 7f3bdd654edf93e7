-- Classes, changes and values of a zone make up its pixels, to the square micrometre and by both areas of the grid.
with parts as (
    select
        'class_area' as what,
        zone_id,
        product,
        concat_ws(' ', layer, year) as series,
        sum(area_um2) as area_um2,
        sum(nominal_area_um2) as nominal_area_um2
    from {{ source('landed', 'class_area') }}
    group by zone_id, product, layer, year
    union all
    select
        'class_transition' as what,
        zone_id,
        product,
        concat_ws(' ', layer, year_from, year_to) as series,
        sum(area_um2) as area_um2,
        sum(nominal_area_um2) as nominal_area_um2
    from {{ source('landed', 'class_transition') }}
    group by zone_id, product, layer, year_from, year_to
    union all
    select
        'zone_statistics' as what,
        zone_id,
        product,
        concat_ws(' ', layer, first_day) as series,
        sum(area_um2 + nodata_area_um2) as area_um2,
        null as nominal_area_um2
    from {{ source('landed', 'zone_statistics') }}
    group by zone_id, product, layer, first_day
)

select
    parts.what,
    parts.zone_id,
    parts.product,
    parts.series
from parts
left join {{ source('landed', 'zone_pixels') }} as whole
    on parts.zone_id = whole.zone_id and parts.product = whole.product
where
    whole.area_um2 is null
    or parts.area_um2 <> whole.area_um2
    or (parts.what <> 'zone_statistics' and parts.nominal_area_um2 is distinct from whole.nominal_area_um2)
