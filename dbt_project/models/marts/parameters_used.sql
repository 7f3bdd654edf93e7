with parameters as (
    select * from {{ ref('stg_parameters') }}
),

rules as (
    select * from {{ ref('int_rules_pivoted') }}
),

-- Which table a constant enters, and under which uncertainty rule (null: under each).
uses (name, mart, uncertainty_rule) as (
    values
    ('carbon_fraction', 'carbon_stocks', null),
    ('co2_molar_mass', 'emissions_annual', null),
    ('carbon_molar_mass', 'emissions_annual', null),
    ('emission_timing', 'emissions_annual', null),
    ('activity_data_source', 'activity_data', null),
    ('activity_data_source', 'emissions_annual', null),
    ('leakage_floor', 'emission_reductions', null),
    ('uncertainty_rule', 'emission_reductions', null),
    ('ner_error', 'emission_reductions', null),
    ('ad_uncertainty_u90', 'emission_reductions', null),
    ('uncertainty_allowable', 'emission_reductions', 'x_unc'),
    ('uncertainty_level_factor', 'emission_reductions', 'x_unc'),
    ('uncertainty_free_below', 'emission_reductions', 'vcs_mr_2_4'),
    ('uncertainty_ineligible_above', 'emission_reductions', 'vcs_mr_2_4'),
    ('t_two_sided_90', 'emission_reductions', 'vcs_mr_2_4'),
    ('t_one_sided_66_67', 'emission_reductions', 'vcs_mr_2_4'),
    ('buffer_rate', 'emission_reductions', null),
    ('buffer_base', 'emission_reductions', null),
    ('rounding', 'emission_reductions', null),
    ('full_time_days_per_year', 'employment', null)
),

by_name as (
    select
        parameters.parameter_id,
        uses.mart
    from parameters
    inner join uses on parameters.name = uses.name
    inner join rules on uses.uncertainty_rule is null or uses.uncertainty_rule = rules.uncertainty_rule
),

by_pool as (
    select distinct
        parameter_id,
        'carbon_stocks' as mart
    from {{ ref('stg_carbon_pools') }}
    where parameter_id is not null
),

for_litter as (
    select
        parameters.parameter_id,
        'carbon_stocks' as mart
    from parameters
    inner join {{ ref('stg_carbon_pools') }} as pools on pools.pool = 'litter' and pools.method <> 'table'
    where parameters.name = 'carbon_fraction_litter'
),

-- What turned measurements of plots into carbon, where there were any.
for_plots as (
    select distinct
        parameters.parameter_id,
        'plot_carbon' as mart
    from parameters
    inner join {{ ref('stg_plot_pools') }} as pools
        on
            (parameters.name = 'carbon_fraction' and pools.pool not in ('litter', 'soil'))
            or (parameters.name = 'carbon_fraction_litter' and pools.pool = 'litter')
            or (
                parameters.name in (
                    'dead_wood_density_factor_sound',
                    'dead_wood_density_factor_intermediate',
                    'dead_wood_density_factor_rotten'
                )
                and pools.pool in ('dead_wood_standing', 'dead_wood_lying')
            )
),

for_estimates as (
    select
        parameters.parameter_id,
        'emissions_annual' as mart
    from parameters
    inner join rules on rules.activity_data_source = 'sample_estimate'
    where parameters.name = 'activity_data_years'
),

used as (
    select * from by_name
    union
    select * from for_estimates
    union
    select * from by_pool
    union
    select * from for_litter
    union
    select * from for_plots
),

final as (
    select
        used.mart,
        parameters.parameter_id,
        parameters.rule_set,
        parameters.name,
        parameters.value,
        parameters.choice,
        parameters.unit,
        parameters.standard,
        parameters.document,
        parameters.version,
        parameters.section,
        parameters.valid_from,
        parameters.valid_to,
        parameters.status,
        parameters.confirmed_by,
        parameters.confirmed_on,
        parameters.note,
        parameters.declared_by
    from used
    inner join parameters on used.parameter_id = parameters.parameter_id
)

select * from final
