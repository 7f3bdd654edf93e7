with rules as (
    select * from {{ ref('int_account_rules') }}
),

analytic as (
    select * from {{ ref('int_account_uncertainty') }}
),

monte_carlo as (
    select * from {{ ref('monte_carlo') }}
    where vintage_year is not null
),

deductions as (
    select * from {{ ref('int_account_deductions') }}
),

chosen as (
    select
        rules.project_id,
        rules.rule_set,
        rules.vintage_year,
        rules.uncertainty_rule,
        -- An error declared for the whole of the reductions takes the place of what is computed here.
        case
            when rules.ner_error is not null then 'declared'
            else coalesce(rules.uncertainty_source, 'analytic')
        end as uncertainty_source
    from rules
),

joined as (
    select
        chosen.*,
        analytic.deduction_base,
        analytic.error_quantity,
        analytic.choice_reason,
        analytic.base_tco2e,
        analytic.u90 as analytic_u90,
        monte_carlo.u90 as monte_carlo_u90,
        analytic.area_u90,
        analytic.factor_u90,
        analytic.monitored_u90,
        analytic.activity_data_source,
        analytic.degrees_of_freedom,
        analytic.base_reason,
        analytic.area_reason,
        analytic.factor_reason,
        monte_carlo.reason as draws_reason,
        deductions.u90 as uncertainty_u90,
        deductions.deduction_fraction,
        deductions.eligible,
        deductions.reason as rule_reason
    from chosen
    inner join analytic
        on
            chosen.project_id = analytic.project_id
            and chosen.rule_set = analytic.rule_set
            and chosen.vintage_year = analytic.vintage_year
    left join monte_carlo
        on
            chosen.project_id = monte_carlo.project_id
            and chosen.rule_set = monte_carlo.rule_set
            and chosen.vintage_year = monte_carlo.vintage_year
            and analytic.error_quantity = monte_carlo.quantity
    left join deductions
        on
            chosen.project_id = deductions.project_id
            and chosen.rule_set = deductions.rule_set
            and chosen.vintage_year = deductions.vintage_year
            and chosen.uncertainty_source = deductions.basis
            and chosen.uncertainty_rule = deductions.rule
),

final as (
    select
        project_id,
        rule_set,
        vintage_year,
        uncertainty_rule,
        uncertainty_source,
        deduction_base,
        base_tco2e,
        error_quantity,
        uncertainty_u90,
        analytic_u90,
        monte_carlo_u90,
        area_u90,
        factor_u90,
        monitored_u90,
        activity_data_source,
        degrees_of_freedom,
        case when choice_reason is null then deduction_fraction end as deduction_fraction,
        case when choice_reason is null then eligible end as eligible,
        case
            when uncertainty_rule is null then 'parameter uncertainty_rule is not set'
            when uncertainty_source not in ('analytic', 'monte_carlo', 'declared')
                then 'unknown choice of parameter uncertainty_source: ' || uncertainty_source
            when choice_reason is not null then choice_reason
            -- Nothing is deducted under the rule none; that the uncertainty is not known is said all the same.
            when uncertainty_source = 'analytic' and analytic_u90 is null
                then {{ join_reasons(['base_reason', 'area_reason', 'factor_reason']) }}
            when uncertainty_source = 'monte_carlo' and monte_carlo_u90 is null
                then coalesce(draws_reason, {{ join_reasons(['base_reason', 'area_reason', 'factor_reason']) }})
            when eligible is null and rule_reason is null
                then 'unknown choice of parameter uncertainty_rule: ' || uncertainty_rule
            else rule_reason
        end as reason
    from joined
)

select * from final
