-- An error, however small, never adds a tonne.
select
    project_id,
    rule_set,
    vintage_year,
    deduction_fraction,
    deduction_tco2e
from {{ ref('emission_reductions') }}
where deduction_fraction < 0 or deduction_tco2e < 0 or adjusted_tco2e > net_tco2e
