-- Deforestation releases carbon: a stratum whose stock after deforestation is larger than its forest's would turn every
-- hectare lost into a reduction.
select
    stratum_id,
    forest_tc_ha,
    post_tc_ha
from {{ ref('int_emission_factors') }}
where forest_tc_ha < post_tc_ha
