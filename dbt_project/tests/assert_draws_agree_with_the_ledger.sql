-- The mean of the draws is the figure of the ledger, to six of its own standard errors; quantiles are in order. Inputs
-- whose distribution has another mean than their value may move it, and leakage is held above zero in each draw.
with shifted as (
    select
        project_id,
        rule_set
    from {{ ref('int_account_area_links') }}
    where distribution in ('triangular', 'truncated_normal')
    union
    select
        project_id,
        rule_set
    from {{ ref('int_account_stock_inputs') }}
    where distribution in ('triangular', 'truncated_normal')
),

drawn as (
    select
        monte_carlo.*,
        shifted.project_id is null
        and monte_carlo.quantity in ('baseline', 'project', 'gross_reduction') as has_its_mean,
        6 * cast(monte_carlo.sd_tco2e as double) / sqrt(monte_carlo.draw_count) + 0.01 as tolerance_tco2e
    from {{ ref('monte_carlo') }} as monte_carlo
    left join shifted
        on monte_carlo.project_id = shifted.project_id and monte_carlo.rule_set = shifted.rule_set
    where monte_carlo.reason is null
)

select
    project_id,
    rule_set,
    span,
    quantity,
    expected_tco2e,
    mean_tco2e
from drawn
where
    mean_tco2e is null
    or not (q05_tco2e <= median_tco2e and median_tco2e <= q95_tco2e)
    or (has_its_mean and abs(cast(mean_tco2e - expected_tco2e as double)) > tolerance_tco2e)
