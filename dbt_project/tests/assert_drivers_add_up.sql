-- By hint and by review, drivers share out the forest lost in the year, each hectare once, to the square micrometre; in
-- the table each row is rounded by itself, by half of the last digit at most.
with patches as (
    select
        zone_id,
        loss_year,
        sum(area_um2) as area_um2
    from {{ ref('stg_loss_patches') }}
    group by zone_id, loss_year
),

shared as (
    select
        zone_id,
        year,
        basis,
        sum(area_ha) as area_ha,
        sum(period_area_ha) as period_area_ha,
        count(*) as row_count,
        count(*) filter (
            where (area_ha is null or coalesce(unjudged_area_ha, 0) > 0) <> (reason is not null)
        ) as unexplained
    from {{ ref('drivers_annual') }}
    group by zone_id, year, basis
)

select
    shared.zone_id,
    shared.year,
    shared.basis
from shared
inner join {{ ref('deforestation_annual') }} as deforestation
    on shared.zone_id = deforestation.zone_id and shared.year = deforestation.year
left join patches on shared.zone_id = patches.zone_id and shared.year = patches.loss_year
where
    {{ um2_to_ha('coalesce(patches.area_um2, 0)') }} <> deforestation.area_ha
    or abs(shared.area_ha - deforestation.area_ha) * 2000000 > shared.row_count + 1
    or abs(shared.period_area_ha - deforestation.period_area_ha) * 2000000 > shared.row_count + 1
    or shared.unexplained > 0
