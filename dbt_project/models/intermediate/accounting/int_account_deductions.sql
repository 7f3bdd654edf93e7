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

student as (
    select * from {{ ref('int_student_t') }}
),

-- The same error, as it was propagated, drawn and declared.
bases as (
    select
        project_id,
        rule_set,
        vintage_year,
        'analytic' as basis,
        u90,
        u90 as median_u90
    from analytic
    union all
    select
        analytic.project_id,
        analytic.rule_set,
        analytic.vintage_year,
        'monte_carlo' as basis,
        monte_carlo.u90,
        monte_carlo.median_u90
    from analytic
    left join monte_carlo
        on
            analytic.project_id = monte_carlo.project_id
            and analytic.rule_set = monte_carlo.rule_set
            and analytic.vintage_year = monte_carlo.vintage_year
            and analytic.error_quantity = monte_carlo.quantity
    union all
    select
        project_id,
        rule_set,
        vintage_year,
        'declared' as basis,
        ner_error as u90,
        ner_error as median_u90
    from rules
    where ner_error is not null
),

ruled as (
    select
        bases.basis,
        bases.u90,
        bases.median_u90,
        rules.*,
        -- What is computed here is at 90 %; a rule whose allowable error is at another level says by how much that is
        -- wider. A declared error is at the rule's own level.
        case
            when bases.basis = 'declared' then bases.u90
            else cast(bases.u90 * rules.uncertainty_level_factor as decimal(18, 9))
        end as rule_error,
        case
            when rules.quantile_source = 'degrees_of_freedom' and bases.basis <> 'declared'
                then coalesce(student.t_two_sided_90, rules.t_two_sided_90)
            else rules.t_two_sided_90
        end as t_90,
        case
            when rules.quantile_source = 'degrees_of_freedom' and bases.basis <> 'declared'
                then coalesce(student.t_one_sided_66_67, rules.t_one_sided_66_67)
            else rules.t_one_sided_66_67
        end as t_66
    from bases
    inner join rules
        on
            bases.project_id = rules.project_id
            and bases.rule_set = rules.rule_set
            and bases.vintage_year = rules.vintage_year
    inner join analytic
        on
            bases.project_id = analytic.project_id
            and bases.rule_set = analytic.rule_set
            and bases.vintage_year = analytic.vintage_year
    left join student on least(analytic.degrees_of_freedom, 10000) = student.degrees_of_freedom
),

-- The least that an error can deduct is nothing: what lies below an allowance is never given back. greatest() skips
-- nulls, so that an unknown error would deduct nothing.
scaled as (
    select
        *,
        cast(u90 as decimal(28, 9)) * cast(t_66 as decimal(10, 9)) as u90_by_t,
        cast(
            case
                when u90 is not null and uncertainty_free_below is not null
                    then greatest(u90 - uncertainty_free_below, 0)
            end as decimal(28, 9)
        ) * cast(t_66 as decimal(10, 9)) as excess_by_t,
        cast(u90 as decimal(28, 9)) * cast(art_one_sided_quantile as decimal(10, 9)) as u90_by_quantile
    from ruled
),

by_rule as (
    select
        project_id,
        rule_set,
        vintage_year,
        basis,
        u90,
        unnest(['none', 'x_unc', 'vcs_mr_2_4', 'scaled_excess_10', 'art_trees', 'fcpf']) as rule,
        unnest([
            0,
            case
                when rule_error is not null and uncertainty_allowable is not null
                    then greatest(rule_error - uncertainty_allowable, 0)
            end,
            case
                when u90 <= uncertainty_free_below and u90 <= uncertainty_ineligible_above then 0
                when u90 <= uncertainty_ineligible_above then {{ divide('u90_by_t', 't_90', 18, 9, scale=18) }}
            end,
            case
                when u90 <= uncertainty_ineligible_above then {{ divide('excess_by_t', 't_90', 18, 9, scale=18) }}
            end,
            {{ divide('u90_by_quantile', 'art_two_sided_90_quantile', 18, 9, scale=18) }},
            case
                when fcpf_limit_1 is null or fcpf_limit_2 is null or fcpf_limit_3 is null or fcpf_limit_4 is null
                    then null
                when median_u90 <= fcpf_limit_1 then fcpf_factor_1
                when median_u90 <= fcpf_limit_2 then fcpf_factor_2
                when median_u90 <= fcpf_limit_3 then fcpf_factor_3
                when median_u90 <= fcpf_limit_4 then fcpf_factor_4
                when median_u90 is not null then fcpf_factor_5
            end
        ]) as deduction_fraction,
        unnest([
            true,
            case when u90 is not null then true end,
            u90 <= uncertainty_ineligible_above,
            u90 <= uncertainty_ineligible_above,
            case when u90 is not null then true end,
            case when median_u90 is not null then true end
        ]) as eligible,
        unnest([
            null,
            case
                when uncertainty_allowable is null then 'uncertainty_allowable'
                when uncertainty_level_factor is null and basis <> 'declared' then 'uncertainty_level_factor'
            end,
            case
                when uncertainty_free_below is null then 'uncertainty_free_below'
                when uncertainty_ineligible_above is null then 'uncertainty_ineligible_above'
                when t_90 is null then 't_two_sided_90'
                when t_66 is null then 't_one_sided_66_67'
            end,
            case
                when uncertainty_free_below is null then 'uncertainty_free_below'
                when uncertainty_ineligible_above is null then 'uncertainty_ineligible_above'
                when t_90 is null then 't_two_sided_90'
                when t_66 is null then 't_one_sided_66_67'
            end,
            case
                when art_one_sided_quantile is null then 'art_one_sided_quantile'
                when art_two_sided_90_quantile is null then 'art_two_sided_90_quantile'
            end,
            case
                when fcpf_limit_1 is null then 'fcpf_limit_1'
                when fcpf_limit_2 is null then 'fcpf_limit_2'
                when fcpf_limit_3 is null then 'fcpf_limit_3'
                when fcpf_limit_4 is null then 'fcpf_limit_4'
                when fcpf_factor_1 is null then 'fcpf_factor_1'
                when fcpf_factor_2 is null then 'fcpf_factor_2'
                when fcpf_factor_3 is null then 'fcpf_factor_3'
                when fcpf_factor_4 is null then 'fcpf_factor_4'
                when fcpf_factor_5 is null then 'fcpf_factor_5'
            end
        ]) as unset_parameter
    from scaled
),

final as (
    select
        project_id,
        rule_set,
        vintage_year,
        rule,
        basis,
        u90,
        cast(deduction_fraction as decimal(28, 18)) as deduction_fraction,
        eligible,
        case
            when rule = 'none' then null
            when u90 is null then 'the error is not known'
            when unset_parameter is not null then 'parameter ' || unset_parameter || ' is not set'
            when not eligible then 'uncertainty too large for crediting'
        end as reason
    from by_rule
)

select * from final
