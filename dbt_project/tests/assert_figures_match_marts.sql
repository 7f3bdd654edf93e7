-- The totals that a reader sees first are the sums of the ledger.
with totals as (
    select
        {{ sum_or_null('vcu') }} as vcu,
        {{ sum_or_null('net_tco2e') }} as net_tco2e
    from {{ ref('emission_reductions') }}
)

select
    figures.figure_id,
    figures.value
from {{ ref('figures') }} as figures
cross join totals
where
    (figures.figure_id = 'er.vcu.total' and figures.value is distinct from totals.vcu)
    or (figures.figure_id = 'er.net.total' and figures.value is distinct from totals.net_tco2e)
