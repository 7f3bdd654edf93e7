-- In every vintage of the period, what has been credited plus what is carried is the sum of what the vintages added,
-- less what was rounded off; nothing is credited while a net loss is carried.
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
),

running as (
    select
        vintage_year,
        vcu,
        carried_tco2e,
        count(*) over upto as vintage_count,
        count(*) over upto = count(balance_tco2e) over upto as is_known,
        sum(balance_tco2e) over upto - sum(vcu) over upto - carried_tco2e as rounded_off_tco2e
    from balances
    window upto as (
        order by vintage_year
        rows between unbounded preceding and current row
    )
)

select
    vintage_year,
    vcu,
    carried_tco2e,
    rounded_off_tco2e
from running
where
    vcu is not null <> is_known
    or carried_tco2e is not null <> is_known
    or vcu < 0
    or (vcu > 0 and carried_tco2e < 0)
    or rounded_off_tco2e < 0
    or rounded_off_tco2e >= vintage_count
