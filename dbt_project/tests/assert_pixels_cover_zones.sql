-- Pixel sum against geodesic area of the polygon: 0.5 %. A warning here, because a zone of few pixels may miss it; the
-- check at the door decides, and can be waived by name.
{{ config(severity='warn') }}

select
    zone_id,
    area_ha,
    measured_area_ha
from {{ ref('zones') }}
where abs(measured_area_ha - area_ha) * 1000 > 5 * area_ha
