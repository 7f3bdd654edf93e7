-- The forest whose shape was measured is the forest of the cover table, to the last digit.
select
    shapes.zone_id,
    shapes.year,
    shapes.forest_ha,
    forest.area_ha
from {{ ref('fragmentation_annual') }} as shapes
inner join {{ ref('forest_cover_annual') }} as forest
    on shapes.zone_id = forest.zone_id and shapes.year = forest.year
where
    shapes.forest_ha <> forest.area_ha
    or shapes.forest_below_min_area_ha > shapes.forest_ha
    or shapes.core_ha > shapes.forest_ha
    or shapes.largest_patch_ha > shapes.forest_ha
