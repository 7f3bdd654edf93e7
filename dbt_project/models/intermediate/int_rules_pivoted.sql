with parameters as (
    select parameters.*
    from {{ ref('stg_account_parameters') }} as parameters
    inner join {{ ref('stg_project') }} as project
        on parameters.project_id = project.project_id and parameters.rule_set = project.rule_set
),

final as (
    select
        max(choice) filter (where name = 'uncertainty_rule') as uncertainty_rule,
        max(choice) filter (where name = 'leakage_floor') as leakage_floor,
        max(choice) filter (where name = 'activity_data_source') as activity_data_source,
        max(choice) filter (where name = 'activity_data_years') as activity_data_years,
        max(value) filter (where name = 'buffer_rate') as buffer_rate,
        max(value) filter (where name = 'uncertainty_allowable') as uncertainty_allowable,
        max(value) filter (where name = 'uncertainty_level_factor') as uncertainty_level_factor,
        max(value) filter (where name = 'uncertainty_free_below') as uncertainty_free_below,
        max(value) filter (where name = 'uncertainty_ineligible_above') as uncertainty_ineligible_above,
        max(value) filter (where name = 't_two_sided_90') as t_two_sided_90,
        max(value) filter (where name = 't_one_sided_66_67') as t_one_sided_66_67,
        max(value) filter (where name = 'ad_uncertainty_u90') as ad_uncertainty_u90,
        max(value) filter (where name = 'ner_error') as ner_error,
        max(value) filter (where name = 'carbon_fraction') as carbon_fraction,
        max(value) filter (where name = 'carbon_fraction_litter') as carbon_fraction_litter,
        max(value) filter (where name = 'co2_molar_mass') as co2_molar_mass,
        max(value) filter (where name = 'carbon_molar_mass') as carbon_molar_mass
    from parameters
)

select * from final
