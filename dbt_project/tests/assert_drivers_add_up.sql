-- By hint and by review, drivers share out the forest lost in the year, each hectare once; rows round by 0.01 m2.
select
    drivers.zone_id,
    drivers.year,
    drivers.basis
from {{ ref('drivers_annual') }} as drivers
inner join {{ ref('deforestation_annual') }} as deforestation
    on drivers.zone_id = deforestation.zone_id and drivers.year = deforestation.year
group by drivers.zone_id, drivers.year, drivers.basis
having
    abs(sum(drivers.area_ha) - any_value(deforestation.area_ha)) > 0.0001
    or count(*) filter (where (drivers.area_ha is null) <> (drivers.reason is not null)) > 0
