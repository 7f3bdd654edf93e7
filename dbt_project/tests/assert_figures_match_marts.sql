-- The totals that a reader sees first are the sums of the ledger.
with totals as (
    select
        'er.' || lower(max(credit_unit)) || '.total' as credits_id,
        {{ sum_or_null('credits') }} as credits,
        {{ sum_or_null('net_tco2e') }} as net_tco2e
    from {{ ref('emission_reductions') }}
    where is_primary
)

select
    figures.figure_id,
    figures.value
from {{ ref('figures') }} as figures
cross join totals
where
    (figures.figure_id = totals.credits_id and figures.value is distinct from totals.credits)
    or (figures.figure_id = 'er.net.total' and figures.value is distinct from totals.net_tco2e)
