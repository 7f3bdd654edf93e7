-- A total beside its parts would count carbon twice; plots measure every pool but the roots.
with pools as (
    select * from {{ ref('stg_carbon_pools') }}
),

totals as (
    select
        stratum_id,
        state
    from pools
    group by stratum_id, state
    having bool_or(pool = 'total') and count(*) > 1
)

select
    stratum_id,
    state,
    'total beside its parts' as problem
from totals
union all
select
    stratum_id,
    state,
    method || ' for ' || pool as problem
from pools
where
    (method = 'plots' and pool in ('below_ground', 'total'))
    or (method = 'ratio' and pool in ('above_ground', 'total'))
    or method not in ('table', 'plots', 'ratio')
