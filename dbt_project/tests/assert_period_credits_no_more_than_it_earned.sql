-- All vintages of a period together are credited no more than what they add up to; nothing is held back at its end.
with balances as (
    select
        vintage_year,
        vcu,
        carried_tco2e,
        case
            when eligible is false and net_tco2e > 0 then 0
            when eligible is false then net_tco2e
            else adjusted_tco2e - buffer_tco2e
        end as balance_tco2e
    from {{ ref('emission_reductions') }}
    where carried_tco2e is not null
),

period as (
    select
        sum(vcu) as vcu,
        sum(balance_tco2e) as balance_tco2e,
        arg_max(carried_tco2e, vintage_year) as carried_tco2e
    from balances
)

select *
from period
where vcu > greatest(balance_tco2e, 0) or carried_tco2e > 0
