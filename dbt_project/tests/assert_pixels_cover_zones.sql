-- Pixel sum against geodesic area of the polygon: 0.5 %.
select
    zone_id,
    area_ha,
    measured_area_ha
from {{ ref('zones') }}
where abs(measured_area_ha - area_ha) * 1000 > 5 * area_ha
