with vintages as (
    select * from {{ ref('stg_vintages') }}
),

rules as (
    select * from {{ ref('int_rules_pivoted') }}
),

activity as (
    select
        year,
        stratum_id,
        sum(area_ha) as area_ha
    from {{ ref('int_activity_data') }}
    where kind = 'project_area' and scenario = 'baseline'
    group by year, stratum_id
),

factors as (
    select * from {{ ref('int_emission_factors') }}
),

-- IPCC addition over strata: u = sqrt(sum (A h)^2) / |sum A dC|; 44/12 stands on both sides. The sums are exact, so
-- that no order of rows can change a digit; only the last root and quotient are doubles.
strata as (
    select
        activity.year,
        cast(activity.area_ha as decimal(38, 6)) * cast(factors.ci90_half_width_tc_ha as decimal(38, 9)) as error_tc,
        cast(activity.area_ha as decimal(38, 6)) * cast(factors.change_tc_ha as decimal(38, 9)) as change_tc
    from activity
    left join factors on activity.stratum_id = factors.stratum_id
    where activity.area_ha is null or activity.area_ha <> 0
),

squares as (
    select
        year,
        change_tc,
        cast(error_tc as decimal(38, 6)) * cast(error_tc as decimal(38, 6)) as error_tc_squared
    from strata
),

combined as (
    select
        year,
        cast({{ sum_or_null('error_tc_squared') }} as double) as error_tc_squared,
        cast({{ sum_or_null('change_tc') }} as double) as change_tc
    from squares
    group by year
),

factor_errors as (
    select
        year,
        sqrt(error_tc_squared) / nullif(abs(change_tc), 0) as factor_u90
    from combined
),

totals as (
    select
        vintages.vintage_year,
        rules.*,
        cast(factor_errors.factor_u90 as decimal(18, 9)) as factor_u90,
        coalesce(
            rules.ner_error,
            cast(
                sqrt(pow(factor_errors.factor_u90, 2) + pow(cast(rules.ad_uncertainty_u90 as double), 2))
                as decimal(18, 9)
            )
        ) as uncertainty_u90,
        case when rules.ner_error is null then 'computed' else 'declared' end as uncertainty_source
    from vintages
    cross join rules
    left join factor_errors on vintages.vintage_year = factor_errors.year
),

scaled as (
    select
        *,
        cast(uncertainty_u90 as decimal(38, 9)) * cast(t_one_sided_66_67 as decimal(38, 9)) as scaled_u90,
        -- What is computed here is at 90 %; a rule whose allowable error is at another level says by how much that is
        -- wider. A declared error is at the rule's own level.
        case
            when uncertainty_source = 'declared' then uncertainty_u90
            else cast(uncertainty_u90 * coalesce(uncertainty_level_factor, 1) as decimal(18, 9))
        end as rule_error
    from totals
),

final as (
    select
        vintage_year,
        uncertainty_rule,
        factor_u90,
        uncertainty_u90,
        uncertainty_source,
        cast(
            case
                when uncertainty_rule = 'none' then 0
                when uncertainty_u90 is null then null
                -- The rule deducts what exceeds the allowable error; a smaller error adds nothing.
                when uncertainty_rule = 'x_unc' and uncertainty_allowable is not null
                    then greatest(rule_error - uncertainty_allowable, 0)
                when uncertainty_rule = 'vcs_mr_2_4' and uncertainty_u90 <= uncertainty_free_below then 0
                when uncertainty_rule = 'vcs_mr_2_4' and uncertainty_u90 <= uncertainty_ineligible_above
                    then {{ divide('scaled_u90', 't_two_sided_90', 18, 9) }}
            end as decimal(18, 9)
        ) as deduction_fraction,
        case
            when uncertainty_rule = 'vcs_mr_2_4' then uncertainty_u90 <= uncertainty_ineligible_above
            when uncertainty_rule = 'x_unc' and uncertainty_u90 is not null then true
            when uncertainty_rule = 'none' then true
        end as eligible,
        case
            when uncertainty_rule is null then 'parameter uncertainty_rule is not set'
            when uncertainty_rule = 'none' then null
            when uncertainty_u90 is null and factor_u90 is null and ad_uncertainty_u90 is null
                then 'uncertainty of emission factors and of activity data unknown'
            when uncertainty_u90 is null and factor_u90 is null then 'uncertainty of emission factors unknown'
            when uncertainty_u90 is null
                then 'uncertainty of activity data unknown: parameter ad_uncertainty_u90 is not set'
            when uncertainty_rule = 'vcs_mr_2_4' and uncertainty_u90 > uncertainty_ineligible_above
                then 'uncertainty too large for crediting'
            when uncertainty_rule = 'x_unc' and uncertainty_allowable is null
                then 'parameter uncertainty_allowable is not set'
        end as reason
    from scaled
)

select * from final
