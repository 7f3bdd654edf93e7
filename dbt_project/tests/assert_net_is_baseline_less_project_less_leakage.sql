-- The ledger's own arithmetic; null exactly where a part is null.
select
    vintage_year,
    net_tco2e,
    adjusted_tco2e,
    buffer_tco2e,
    vcu
from {{ ref('emission_reductions') }}
where
    net_tco2e is distinct from baseline_tco2e - project_tco2e - leakage_tco2e
    or adjusted_tco2e is distinct from net_tco2e - deduction_tco2e
    or buffer_tco2e < 0
    or vcu > greatest(net_tco2e, 0)
