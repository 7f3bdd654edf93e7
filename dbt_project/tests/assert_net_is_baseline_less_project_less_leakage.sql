-- The ledger's own arithmetic; null exactly where a part is null.
select
    project_id,
    rule_set,
    vintage_year,
    net_tco2e,
    adjusted_tco2e,
    earned_tco2e,
    buffer_tco2e,
    credits
from {{ ref('emission_reductions') }}
where
    coalesce(gross_reduction_tco2e <> baseline_tco2e - project_tco2e, false)
    or coalesce(net_tco2e <> gross_reduction_tco2e - removals_left_out_tco2e - leakage_tco2e, false)
    or net_tco2e is null <> (
        baseline_tco2e is null or project_tco2e is null or removals_left_out_tco2e is null or leakage_tco2e is null
    )
    or coalesce(adjusted_tco2e <> net_tco2e - deduction_tco2e, false)
    or adjusted_tco2e is null <> (net_tco2e is null or deduction_tco2e is null)
    or coalesce(eligible and earned_tco2e <> adjusted_tco2e - transferred_tco2e - buffer_tco2e, false)
    or coalesce(not eligible and earned_tco2e <> least(net_tco2e - transferred_tco2e, 0), false)
    or buffer_tco2e < 0
    or pooled_buffer_tco2e > buffer_tco2e
    or transferred_tco2e < 0
    or credits > greatest(gross_reduction_tco2e - removals_left_out_tco2e - leakage_tco2e, 0) + 0.5
