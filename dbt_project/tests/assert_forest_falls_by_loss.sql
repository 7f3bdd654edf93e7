-- forest(t) = forest(t-1) - loss(t), to the square micrometre; in the tables each of the three is rounded by itself.
with loss as (
    select
        zone_id,
        year,
        sum(area_um2) as loss_um2
    from {{ ref('int_stratum_loss') }}
    group by zone_id, year
),

forest as (
    select
        forest.zone_id,
        forest.year,
        forest.forest_um2,
        cover.area_ha,
        lag(forest.forest_um2) over years as previous_um2,
        lag(cover.area_ha) over years as previous_ha
    from {{ ref('int_forest_area') }} as forest
    inner join {{ ref('forest_cover_annual') }} as cover
        on forest.zone_id = cover.zone_id and forest.year = cover.year
    window years as (
        partition by forest.zone_id
        order by forest.year
    )
)

select
    forest.zone_id,
    forest.year,
    forest.previous_ha,
    deforestation.area_ha as loss_ha,
    forest.area_ha
from forest
left join loss on forest.zone_id = loss.zone_id and forest.year = loss.year
left join {{ ref('deforestation_annual') }} as deforestation
    on forest.zone_id = deforestation.zone_id and forest.year = deforestation.year
where
    forest.previous_um2 is not null
    and (
        -- Without a stratum that ever was forest there is nothing to lose.
        forest.forest_um2 <> forest.previous_um2 - coalesce(loss.loss_um2, 0)
        or deforestation.area_ha is null
        or abs(forest.area_ha - forest.previous_ha + deforestation.area_ha) > 0.000001
    )
