with parameters as (
    select * from {{ ref('stg_account_parameters') }}
),

project as (
    select * from {{ ref('stg_project') }}
),

-- What turns measurements into the tables that all accounts share. A rule set cannot have its own, nor a vintage.
final as (
    select
        max(parameters.value) filter (where parameters.name = 'carbon_fraction') as carbon_fraction,
        max(parameters.value) filter (where parameters.name = 'carbon_fraction_litter') as carbon_fraction_litter,
        max(parameters.value) filter (where parameters.name = 'full_time_days_per_year') as full_time_days_per_year
    from parameters
    inner join project
        on parameters.project_id = project.project_id and parameters.rule_set = project.rule_set
)

select * from final
