with parameters as (
    select * from {{ ref('stg_account_parameters') }}
),

vintages as (
    select * from {{ ref('int_account_vintages') }}
),

-- One row per account and vintage even where no parameter is in force: a rule that is not set must be named, not lost.
final as (
    select
        vintages.project_id,
        vintages.rule_set,
        vintages.vintage_year,
        max(parameters.choice) filter (where parameters.name = 'emission_timing') as emission_timing,
        max(parameters.choice) filter (where parameters.name = 'pool_above_ground') as pool_above_ground,
        max(parameters.choice) filter (where parameters.name = 'pool_below_ground') as pool_below_ground,
        max(parameters.choice) filter (where parameters.name = 'pool_dead_wood') as pool_dead_wood,
        max(parameters.choice) filter (where parameters.name = 'pool_litter') as pool_litter,
        max(parameters.choice) filter (where parameters.name = 'pool_soil') as pool_soil,
        max(parameters.choice) filter (where parameters.name = 'stock_bound') as stock_bound,
        max(parameters.choice) filter (where parameters.name = 'emission_detail') as emission_detail,
        max(parameters.choice) filter (where parameters.name = 'degradation_counted') as degradation_counted,
        max(parameters.choice) filter (where parameters.name = 'enhancement_credited') as enhancement_credited,
        max(parameters.choice) filter (where parameters.name = 'fire_rule') as fire_rule,
        max(parameters.choice) filter (where parameters.name = 'activity_data_source') as activity_data_source,
        max(parameters.choice) filter (where parameters.name = 'activity_data_years') as activity_data_years,
        max(parameters.choice) filter (where parameters.name = 'leakage_rule') as leakage_rule,
        max(parameters.choice) filter (where parameters.name = 'leakage_floor') as leakage_floor,
        max(parameters.choice) filter (where parameters.name = 'uncertainty_rule') as uncertainty_rule,
        max(parameters.choice) filter (where parameters.name = 'uncertainty_source') as uncertainty_source,
        max(parameters.choice) filter (where parameters.name = 'quantile_source') as quantile_source,
        max(parameters.choice) filter (where parameters.name = 'deduction_base') as deduction_base,
        max(parameters.choice) filter (where parameters.name = 'leakage_error') as leakage_error,
        max(parameters.choice) filter (where parameters.name = 'buffer_base') as buffer_base,
        max(parameters.choice) filter (where parameters.name = 'credit_rule') as credit_rule,
        max(parameters.choice) filter (where parameters.name = 'credit_unit') as credit_unit,
        max(parameters.choice) filter (where parameters.name = 'rounding') as rounding,
        max(parameters.choice) filter (where parameters.name = 'deficit_rule') as deficit_rule,
        max(parameters.choice) filter (where parameters.name = 'degradation_by_proxy') as degradation_by_proxy,
        max(parameters.value) filter (where parameters.name = 'carbon_fraction') as carbon_fraction,
        max(parameters.value) filter (where parameters.name = 'carbon_fraction_litter') as carbon_fraction_litter,
        max(parameters.value) filter (where parameters.name = 'co2_molar_mass') as co2_molar_mass,
        max(parameters.value) filter (where parameters.name = 'carbon_molar_mass') as carbon_molar_mass,
        max(parameters.value) filter (where parameters.name = 'ch4_molar_mass') as ch4_molar_mass,
        max(parameters.value) filter (where parameters.name = 'n2o_molar_mass') as n2o_molar_mass,
        max(parameters.value) filter (where parameters.name = 'n2_molar_mass') as n2_molar_mass,
        max(parameters.value) filter (where parameters.name = 'gwp_ch4') as gwp_ch4,
        max(parameters.value) filter (where parameters.name = 'gwp_n2o') as gwp_n2o,
        max(parameters.value) filter (where parameters.name = 'stock_precision_limit') as stock_precision_limit,
        max(parameters.value) filter (where parameters.name = 'stock_decimals') as stock_decimals,
        max(parameters.value) filter (where parameters.name = 'emission_factor_decimals') as emission_factor_decimals,
        max(parameters.value) filter (where parameters.name = 'emissions_decimals') as emissions_decimals,
        max(parameters.value) filter (where parameters.name = 'decay_years_below_ground') as decay_years_below_ground,
        max(parameters.value) filter (where parameters.name = 'decay_years_dead_wood') as decay_years_dead_wood,
        max(parameters.value) filter (where parameters.name = 'decay_years_soil') as decay_years_soil,
        max(parameters.value) filter (
            where parameters.name = 'decay_years_after_deforestation'
        ) as decay_years_after_deforestation,
        max(parameters.value) filter (where parameters.name = 'fire_burnt_share') as fire_burnt_share,
        max(parameters.value) filter (
            where parameters.name = 'fire_combustion_efficiency'
        ) as fire_combustion_efficiency,
        max(parameters.value) filter (where parameters.name = 'fire_n_c_ratio') as fire_n_c_ratio,
        max(parameters.value) filter (where parameters.name = 'fire_n2o_emission_ratio') as fire_n2o_emission_ratio,
        max(parameters.value) filter (where parameters.name = 'fire_ch4_emission_ratio') as fire_ch4_emission_ratio,
        max(parameters.value) filter (where parameters.name = 'fire_combustion_factor') as fire_combustion_factor,
        max(parameters.value) filter (where parameters.name = 'fire_ch4_g_kg') as fire_ch4_g_kg,
        max(parameters.value) filter (where parameters.name = 'fire_n2o_g_kg') as fire_n2o_g_kg,
        max(parameters.value) filter (where parameters.name = 'leakage_rate') as leakage_rate,
        max(parameters.value) filter (where parameters.name = 'displacement_factor') as displacement_factor,
        max(parameters.value) filter (where parameters.name = 'market_leakage_rate') as market_leakage_rate,
        max(parameters.value) filter (where parameters.name = 'ad_uncertainty_u90') as ad_uncertainty_u90,
        max(parameters.value) filter (where parameters.name = 'ner_error') as ner_error,
        max(parameters.value) filter (where parameters.name = 'uncertainty_allowable') as uncertainty_allowable,
        max(parameters.value) filter (where parameters.name = 'uncertainty_level_factor') as uncertainty_level_factor,
        max(parameters.value) filter (where parameters.name = 'uncertainty_free_below') as uncertainty_free_below,
        max(parameters.value) filter (
            where parameters.name = 'uncertainty_ineligible_above'
        ) as uncertainty_ineligible_above,
        max(parameters.value) filter (where parameters.name = 't_two_sided_90') as t_two_sided_90,
        max(parameters.value) filter (where parameters.name = 't_one_sided_66_67') as t_one_sided_66_67,
        max(parameters.value) filter (where parameters.name = 'art_one_sided_quantile') as art_one_sided_quantile,
        max(parameters.value) filter (where parameters.name = 'art_two_sided_90_quantile') as art_two_sided_90_quantile,
        max(parameters.value) filter (where parameters.name = 'fcpf_limit_1') as fcpf_limit_1,
        max(parameters.value) filter (where parameters.name = 'fcpf_limit_2') as fcpf_limit_2,
        max(parameters.value) filter (where parameters.name = 'fcpf_limit_3') as fcpf_limit_3,
        max(parameters.value) filter (where parameters.name = 'fcpf_limit_4') as fcpf_limit_4,
        max(parameters.value) filter (where parameters.name = 'fcpf_factor_1') as fcpf_factor_1,
        max(parameters.value) filter (where parameters.name = 'fcpf_factor_2') as fcpf_factor_2,
        max(parameters.value) filter (where parameters.name = 'fcpf_factor_3') as fcpf_factor_3,
        max(parameters.value) filter (where parameters.name = 'fcpf_factor_4') as fcpf_factor_4,
        max(parameters.value) filter (where parameters.name = 'fcpf_factor_5') as fcpf_factor_5,
        max(parameters.value) filter (where parameters.name = 'degradation_proxy_factor') as degradation_proxy_factor,
        max(parameters.choice) filter (where parameters.name = 'monte_carlo_resampling') as monte_carlo_resampling,
        max(parameters.value) filter (where parameters.name = 'monte_carlo_draws') as monte_carlo_draws,
        max(parameters.value) filter (where parameters.name = 'monte_carlo_seed') as monte_carlo_seed,
        max(parameters.value) filter (where parameters.name = 'buffer_rate') as buffer_rate,
        max(parameters.value) filter (where parameters.name = 'buffer_minimum') as buffer_minimum,
        max(parameters.value) filter (where parameters.name = 'risk_fail_above') as risk_fail_above,
        max(parameters.value) filter (where parameters.name = 'risk_limit_internal') as risk_limit_internal,
        max(parameters.value) filter (where parameters.name = 'risk_limit_external') as risk_limit_external,
        max(parameters.value) filter (where parameters.name = 'risk_limit_natural') as risk_limit_natural,
        max(parameters.value) filter (where parameters.name = 'pooled_reversal_share') as pooled_reversal_share,
        max(parameters.value) filter (where parameters.name = 'title_share') as title_share,
        max(parameters.value) filter (where parameters.name = 'loss_event_share') as loss_event_share,
        max(parameters.value) filter (where parameters.name = 'loss_notice_days') as loss_notice_days,
        max(parameters.value) filter (
            where parameters.name = 'verification_gap_years'
        ) as verification_gap_years
    from vintages
    left join parameters
        on
            vintages.project_id = parameters.project_id
            and vintages.rule_set = parameters.rule_set
            and vintages.vintage_year = parameters.vintage_year
    group by vintages.project_id, vintages.rule_set, vintages.vintage_year
)

select * from final
