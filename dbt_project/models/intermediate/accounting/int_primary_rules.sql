with parameters as (
    select * from {{ ref('stg_account_parameters') }}
),

project as (
    select * from {{ ref('stg_project') }}
),

-- What turns measurements into the tables that all accounts share: no rule set can have its own. Which areas the table
-- of activity data is of is a rule of the primary account; that of others stands in their emissions.
final as (
    select
        max(parameters.value) filter (where parameters.name = 'carbon_fraction') as carbon_fraction,
        max(parameters.value) filter (where parameters.name = 'carbon_fraction_litter') as carbon_fraction_litter,
        max(parameters.value) filter (where parameters.name = 'full_time_days_per_year') as full_time_days_per_year,
        max(parameters.choice) filter (where parameters.name = 'activity_data_source') as activity_data_source
    from parameters
    inner join project
        on parameters.project_id = project.project_id and parameters.rule_set = project.rule_set
)

select * from final
