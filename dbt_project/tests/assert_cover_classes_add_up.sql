-- Forest, forest lost, non-forest and no data together are all that was measured in the zone, in every year.
with cover as (
    select
        zone_id,
        sum(area_um2) as area_um2
    from {{ ref('stg_land_cover_area') }}
    group by zone_id
)

select
    forest.zone_id,
    forest.year
from {{ ref('int_forest_area') }} as forest
inner join cover on forest.zone_id = cover.zone_id
where forest.forest_um2 + forest.lost_um2 + forest.non_forest_um2 + forest.nodata_um2 <> cover.area_um2
