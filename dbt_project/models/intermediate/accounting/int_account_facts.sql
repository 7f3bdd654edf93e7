with in_force as (
    select * from {{ ref('stg_account_parameters') }}
),

vintages as (
    select
        vintages.project_id,
        vintages.rule_set,
        vintages.vintage_year,
        project.project_id is not null as is_measured,
        vintages.is_primary
    from {{ ref('int_account_vintages') }} as vintages
    left join {{ ref('stg_project') }} as project on vintages.project_id = project.project_id
),

things as (
    select distinct
        project_id,
        'burnt areas' as fact
    from {{ ref('stg_account_burnt_areas') }}
    union all
    select distinct
        project_id,
        'risk scores' as fact
    from {{ ref('stg_risk_scores') }}
    union all
    select distinct
        project_id,
        'declared areas' as fact
    from {{ ref('stg_account_activity') }}
    union all
    select distinct
        project_id,
        case when pool = 'litter' then 'stocks of dry litter' else 'stocks of dry matter' end as fact
    from {{ ref('stg_account_stocks') }}
    where method in ('biomass', 'ratio') and carbon_fraction is null
),

final as (
    select
        project_id,
        rule_set,
        vintage_year,
        name || '=' || choice as fact
    from in_force
    where choice is not null
    union all
    select
        vintages.project_id,
        vintages.rule_set,
        vintages.vintage_year,
        things.fact
    from vintages
    inner join things on vintages.project_id = things.project_id
    union all
    select
        project_id,
        rule_set,
        vintage_year,
        'measured' as fact
    from vintages
    where is_measured
    union all
    select
        project_id,
        rule_set,
        vintage_year,
        'primary' as fact
    from vintages
    where is_measured and is_primary
)

select * from final
