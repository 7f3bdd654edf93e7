-- Deforestation releases carbon: a stratum whose stock after deforestation is larger than its forest's would turn every
-- hectare lost into a reduction.
select
    stratum_id,
    sum(stock_tc_ha) filter (where state = 'forest') as forest_tc_ha,
    sum(stock_tc_ha) filter (where state = 'post_deforestation') as post_tc_ha
from {{ ref('carbon_stocks') }}
group by stratum_id
having
    {{ sum_or_null('stock_tc_ha', "state = 'forest'") }}
    < {{ sum_or_null('stock_tc_ha', "state = 'post_deforestation'") }}
