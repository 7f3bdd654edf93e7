-- A project may declare that it has no leakage belt; with a belt on the map its leakage is counted.
select zones.zone_id
from {{ ref('stg_zones') }} as zones
cross join {{ ref('int_rules_pivoted') }} as rules
where zones.kind = 'leakage_belt' and rules.leakage_floor = 'none'
