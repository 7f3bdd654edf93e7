with project as (
    select * from {{ ref('stg_project') }}
),

vintages as (
    select
        count(*) as vintage_count,
        sum(days) as days
    from {{ ref('stg_vintages') }}
),

final as (
    select
        project.project_id,
        project.project_name,
        project.period_id,
        project.period_start,
        project.period_end,
        project.crediting_start,
        project.crediting_end,
        project.rule_set,
        project.emission_factor_method,
        project.illustrative,
        project.simulated,
        vintages.vintage_count,
        cast(vintages.days as bigint) as days
    from project
    cross join vintages
)

select * from final
