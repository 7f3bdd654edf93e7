-- A project may declare that it has no leakage belt; with a belt on the map its leakage is counted.
select zones.zone_id
from {{ ref('stg_zones') }} as zones
cross join {{ ref('stg_parameters') }} as parameters
where zones.kind = 'leakage_belt' and parameters.name = 'leakage_floor' and parameters.choice = 'none'
