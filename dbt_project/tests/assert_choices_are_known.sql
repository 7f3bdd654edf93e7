-- A choice that no model knows would be passed over in silence.
with known (name, choices) as (
    values
    ('emission_timing', ['year_of_loss', 'decay']),
    ('pool_above_ground', ['counted', 'excluded']),
    ('pool_below_ground', ['counted', 'excluded']),
    ('pool_dead_wood', ['counted', 'excluded']),
    ('pool_litter', ['counted', 'excluded']),
    ('pool_soil', ['counted', 'excluded']),
    ('stock_bound', ['mean', 'bound_when_imprecise']),
    ('emission_detail', ['by_pool', 'by_total']),
    ('degradation_counted', ['yes', 'no']),
    ('enhancement_credited', ['yes', 'no']),
    ('fire_rule', ['none', 'carbon_ratio', 'ipcc_2_27']),
    ('activity_data_source', ['map_count', 'sample_estimate']),
    ('activity_data_years', ['proportional_to_map', 'uniform']),
    ('leakage_rule', ['belt', 'belt_and_displacement', 'rate', 'none']),
    ('leakage_floor', ['annual', 'cumulative']),
    ('leakage_error', ['left_out', 'propagated']),
    ('uncertainty_rule', ['none', 'x_unc', 'vcs_mr_2_4', 'scaled_excess_10', 'art_trees', 'fcpf']),
    ('uncertainty_source', ['analytic', 'monte_carlo']),
    ('quantile_source', ['large_sample', 'degrees_of_freedom']),
    ('monte_carlo_resampling', ['parametric', 'bootstrap']),
    ('deduction_base', ['net', 'gross_reduction']),
    ('buffer_base', ['stock_change', 'gross_less_transferred', 'after_deduction']),
    ('credit_rule', ['vcs', 'art_trees', 'fcpf']),
    ('credit_unit', ['VCU', 'TREES', 'ER']),
    ('rounding', ['floor', 'half_up']),
    ('deficit_rule', ['earned_back', 'negative_credits']),
    ('degradation_by_proxy', ['yes', 'no']),
    ('natural_risk_from_70_under_10', ['fail'])
)

select distinct
    parameters.name,
    parameters.choice
from {{ ref('stg_account_parameters') }} as parameters
left join known on parameters.name = known.name
where parameters.choice is not null and not coalesce(list_contains(known.choices, parameters.choice), false)
