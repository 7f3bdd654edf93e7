-- Forest, forest lost, non-forest and no data together are all that was measured in the zone, in every year.
with cover as (
    select
        zone_id,
        sum(area_ha) as area_ha
    from {{ ref('stg_land_cover_area') }}
    group by zone_id
)

select
    forest.zone_id,
    forest.year
from {{ ref('forest_cover_annual') }} as forest
inner join cover on forest.zone_id = cover.zone_id
where forest.area_ha + forest.cumulative_loss_ha + forest.non_forest_ha + forest.nodata_ha <> cover.area_ha
