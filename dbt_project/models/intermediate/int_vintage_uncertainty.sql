with vintages as (
    select * from {{ ref('stg_vintages') }}
),

rules as (
    select * from {{ ref('int_rules_pivoted') }}
),

-- A stratum that one scenario does not name loses nothing in it; an unknown area stays unknown.
activity as (
    select
        year,
        stratum_id,
        case
            when count(*) filter (where scenario = 'baseline') = 0 then 0
            else {{ sum_or_null('area_ha', "scenario = 'baseline'") }}
        end as baseline_ha,
        case
            when count(*) filter (where scenario = 'monitored') = 0 then 0
            else {{ sum_or_null('area_ha', "scenario = 'monitored'") }}
        end as project_ha
    from {{ ref('int_activity_data') }}
    where kind = 'project_area'
    group by year, stratum_id
),

factors as (
    select * from {{ ref('int_emission_factors') }}
),

-- The error of baseline minus project emissions. One emission factor serves both, so that its error acts on the
-- difference of the areas; the areas themselves err independently of each other. 44/12 stands on both sides of the
-- quotient and the days of the vintage too. The sums are exact, so that no order of rows can change a digit; only the
-- last root and quotient are doubles.
strata as (
    select
        activity.year,
        activity.baseline_ha,
        activity.project_ha,
        -- Where nothing is lost, no emission factor is needed.
        case
            when activity.baseline_ha = 0 and activity.project_ha = 0 then 0
            else
                cast(activity.baseline_ha - activity.project_ha as decimal(38, 6))
                * cast(factors.ci90_half_width_tc_ha as decimal(38, 9))
        end as error_tc,
        case
            when activity.baseline_ha = 0 then 0
            else cast(activity.baseline_ha as decimal(38, 6)) * cast(factors.change_tc_ha as decimal(38, 9))
        end as baseline_tc,
        case
            when activity.project_ha = 0 then 0
            else cast(activity.project_ha as decimal(38, 6)) * cast(factors.change_tc_ha as decimal(38, 9))
        end as project_tc
    from activity
    left join factors on activity.stratum_id = factors.stratum_id
),

squares as (
    select
        *,
        cast(error_tc as decimal(38, 6)) * cast(error_tc as decimal(38, 6)) as error_tc_squared
    from strata
),

sums as (
    select
        year,
        count(*) = count(baseline_ha) and count(*) = count(project_ha) as areas_known,
        {{ sum_or_null('error_tc_squared') }} as factor_part,
        cast({{ sum_or_null('baseline_tc') }} as decimal(38, 6)) as baseline_tc,
        cast({{ sum_or_null('project_tc') }} as decimal(38, 6)) as project_tc
    from squares
    group by year
),

-- The error of an area that a sample estimated, by zone: zones are estimated apart, so that their errors are added as
-- squares. Where units of each stratum agree, as where none is loss, there is no half-width.
zone_carbon as (
    select
        activity.zone_id,
        activity.year,
        max(activity.u90) as u90,
        bool_or(activity.area_ha is not null and activity.u90 is null) as lacks_u90,
        cast(sum(
            case
                when activity.area_ha = 0 then 0
                else cast(activity.area_ha as decimal(38, 6)) * cast(factors.change_tc_ha as decimal(38, 9))
            end
        ) as decimal(38, 6)) as project_tc
    from {{ ref('int_activity_data') }} as activity
    left join factors on activity.stratum_id = factors.stratum_id
    where activity.kind = 'project_area' and activity.scenario = 'monitored'
    group by activity.zone_id, activity.year
),

zone_errors as (
    select
        *,
        'the sample gives the loss of zone ' || zone_id || ' no interval, so that its error cannot be told' as lack,
        cast(project_tc * cast(u90 as decimal(38, 9)) as decimal(38, 6)) as error_tc
    from zone_carbon
),

sampled as (
    select
        year,
        cast(case when not bool_or(lacks_u90) then sum(error_tc * error_tc) end as double) as project_part,
        {{ reasons('lack', 'lacks_u90') }} as reason
    from zone_errors
    group by year
),

parts as (
    select
        sums.year,
        sums.areas_known,
        sums.baseline_tc = sums.project_tc as is_without_difference,
        cast(sums.factor_part as double) as factor_part,
        cast(sums.baseline_tc * sums.baseline_tc as double) as baseline_squared,
        cast(sums.baseline_tc * sums.baseline_tc + sums.project_tc * sums.project_tc as double) as areas_squared,
        nullif(cast(abs(sums.baseline_tc - sums.project_tc) as double), 0) as difference_tc,
        nullif(cast(sums.project_tc as double), 0) as project_tc,
        sampled.project_part,
        sampled.reason as sample_reason
    from sums
    left join sampled on sums.year = sampled.year
),

errors as (
    select
        vintages.vintage_year,
        rules.*,
        cast(rules.ad_uncertainty_u90 as double) as areas_u90,
        parts.factor_part,
        parts.baseline_squared,
        parts.areas_squared,
        parts.difference_tc,
        parts.project_tc,
        parts.project_part,
        case when rules.activity_data_source = 'sample_estimate' then parts.sample_reason end as sample_reason,
        coalesce(parts.areas_known, false) as areas_known,
        coalesce(parts.is_without_difference, false) as is_without_difference
    from vintages
    cross join rules
    left join parts on vintages.vintage_year = parts.year
),

-- Counted areas of both sides err by what the project declares; a sample says itself how far its estimate may be out.
area_errors as (
    select
        *,
        case
            when activity_data_source = 'sample_estimate'
                then areas_u90 * areas_u90 * baseline_squared + project_part
            else areas_u90 * areas_u90 * areas_squared
        end as area_part
    from errors
),

totals as (
    select
        *,
        cast(sqrt(factor_part) / difference_tc as decimal(18, 9)) as factor_u90,
        case
            when activity_data_source = 'sample_estimate'
                then cast(sqrt(project_part) / project_tc as decimal(18, 9))
            else cast(ad_uncertainty_u90 as decimal(18, 9))
        end as monitored_u90,
        coalesce(
            ner_error,
            cast(sqrt(factor_part + area_part) / difference_tc as decimal(18, 9))
        ) as uncertainty_u90,
        case when ner_error is null then 'computed' else 'declared' end as uncertainty_source
    from area_errors
),

scaled as (
    select
        *,
        cast(uncertainty_u90 as decimal(38, 9)) * cast(t_one_sided_66_67 as decimal(38, 9)) as scaled_u90,
        -- What is computed here is at 90 %; a rule whose allowable error is at another level says by how much that is
        -- wider. A declared error is at the rule's own level.
        case
            when uncertainty_source = 'declared' then uncertainty_u90
            else cast(uncertainty_u90 * uncertainty_level_factor as decimal(18, 9))
        end as rule_error,
        case
            when uncertainty_u90 is not null then null
            when not areas_known then 'uncertainty unknown: not every area of baseline and project is known'
            when is_without_difference then 'uncertainty unknown: baseline and project emissions are equal'
            when factor_u90 is null then 'uncertainty of emission factors unknown'
        end as factor_reason,
        case
            when uncertainty_u90 is null and ad_uncertainty_u90 is null
                then 'uncertainty of activity data unknown: parameter ad_uncertainty_u90 is not set'
        end as area_reason,
        case when uncertainty_u90 is null then sample_reason end as zero_reason
    from totals
),

final as (
    select
        vintage_year,
        uncertainty_rule,
        activity_data_source,
        monitored_u90,
        factor_u90,
        uncertainty_u90,
        uncertainty_source,
        cast(
            case
                when uncertainty_rule = 'none' then 0
                when uncertainty_u90 is null then null
                -- The rule deducts what exceeds the allowable error; a smaller error adds nothing. greatest() skips
                -- nulls, so that an unknown error would deduct nothing.
                when uncertainty_rule = 'x_unc' and rule_error is not null and uncertainty_allowable is not null
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
            -- Nothing is deducted under the rule none; that the uncertainty is not known is said all the same.
            when uncertainty_u90 is null then {{ join_reasons(['factor_reason', 'area_reason', 'zero_reason']) }}
            when uncertainty_rule = 'vcs_mr_2_4' and uncertainty_u90 > uncertainty_ineligible_above
                then 'uncertainty too large for crediting'
            when uncertainty_rule = 'x_unc' and uncertainty_allowable is null
                then 'parameter uncertainty_allowable is not set'
            when uncertainty_rule = 'x_unc' and rule_error is null
                then 'parameter uncertainty_level_factor is not set'
        end as reason
    from scaled
)

select * from final
