with in_force as (
    select *
    from {{ ref('stg_account_parameters') }}
    where value is not null or choice is not null
),

parameters as (
    select * from {{ ref('stg_parameters') }}
),

facts as (
    select * from {{ ref('int_account_facts') }}
),

by_rule as (
    select
        in_force.project_id,
        in_force.rule_set,
        in_force.vintage_year,
        in_force.parameter_id,
        uses.mart
    from in_force
    inner join {{ ref('int_parameter_uses') }} as uses on in_force.name = uses.name
    left join facts as first_facts
        on
            in_force.project_id = first_facts.project_id
            and in_force.rule_set = first_facts.rule_set
            and in_force.vintage_year = first_facts.vintage_year
            and uses.fact = first_facts.fact
    left join facts as further_facts
        on
            in_force.project_id = further_facts.project_id
            and in_force.rule_set = further_facts.rule_set
            and in_force.vintage_year = further_facts.vintage_year
            and uses.further_fact = further_facts.fact
    where
        (uses.fact is null or first_facts.fact is not null)
        and (uses.further_fact is null or further_facts.fact is not null)
),

-- A row of a table names the parameter by its own words: a measure, a natural risk.
by_row as (
    select
        in_force.project_id,
        in_force.rule_set,
        in_force.vintage_year,
        in_force.parameter_id,
        'leakage' as mart
    from in_force
    inner join {{ ref('stg_leakage_measures') }} as measures
        on
            in_force.project_id = measures.project_id
            and in_force.vintage_year = measures.year
            and in_force.name = 'factor_' || measures.measure
    union all
    select
        in_force.project_id,
        in_force.rule_set,
        in_force.vintage_year,
        in_force.parameter_id,
        'risk_rating' as mart
    from in_force
    inner join {{ ref('stg_risk_scores') }} as scores
        on
            in_force.project_id = scores.project_id
            and in_force.name = 'natural_risk_' || scores.loss_class || '_' || scores.return_class
),

-- What the pools of the project were made from, and measurements of plots, where there were any.
pools as (
    select distinct
        parameters.name,
        'carbon_stocks' as mart
    from {{ ref('stg_carbon_pools') }} as declared
    inner join parameters on declared.parameter_id = parameters.parameter_id
    union
    select distinct
        'carbon_fraction_litter' as name,
        'carbon_stocks' as mart
    from {{ ref('stg_carbon_pools') }}
    where pool = 'litter' and method <> 'table'
    union
    select distinct
        unnest(
            case
                when pool = 'litter' then ['carbon_fraction_litter']
                when pool = 'soil' then []
                when pool in ('dead_wood_standing', 'dead_wood_lying')
                    then [
                        'carbon_fraction',
                        'dead_wood_density_factor_sound',
                        'dead_wood_density_factor_intermediate',
                        'dead_wood_density_factor_rotten'
                    ]
                else ['carbon_fraction']
            end
        ) as name,
        'plot_carbon' as mart
    from {{ ref('stg_plot_pools') }}
),

by_pool as (
    select
        in_force.project_id,
        in_force.rule_set,
        in_force.vintage_year,
        in_force.parameter_id,
        pools.mart
    from in_force
    inner join pools on in_force.name = pools.name
    inner join facts
        on
            in_force.project_id = facts.project_id
            and in_force.rule_set = facts.rule_set
            and in_force.vintage_year = facts.vintage_year
            and facts.fact = 'primary'
),

used as (
    select * from by_rule
    union all
    select * from by_row
    union all
    select * from by_pool
),

final as (
    select
        used.project_id,
        used.rule_set,
        used.mart,
        used.parameter_id,
        parameters.rule_set as parameter_rule_set,
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
        min(used.vintage_year) as first_vintage_year,
        max(used.vintage_year) as last_vintage_year,
        parameters.status,
        parameters.confirmed_by,
        parameters.confirmed_on,
        parameters.confirmed_in,
        parameters.note,
        parameters.declared_by
    from used
    inner join parameters on used.parameter_id = parameters.parameter_id
    group by all
)

select * from final
