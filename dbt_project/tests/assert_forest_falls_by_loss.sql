-- forest(t) = forest(t-1) - loss(t), to the last digit.
with forest as (
    select
        zone_id,
        year,
        area_ha,
        lag(area_ha) over (partition by zone_id order by year) as previous_ha
    from {{ ref('forest_cover_annual') }}
)

select
    forest.zone_id,
    forest.year,
    forest.previous_ha,
    loss.area_ha as loss_ha,
    forest.area_ha
from forest
left join {{ ref('deforestation_annual') }} as loss on forest.zone_id = loss.zone_id and forest.year = loss.year
where
    forest.previous_ha is not null
    and forest.area_ha is distinct from forest.previous_ha - loss.area_ha
