with rules as (
    select * from {{ ref('int_account_rules') }}
),

sides as (
    select
        project_id,
        rule_set,
        vintage_year,
        cast(max(emissions_tco2e) filter (where scenario = 'baseline') as decimal(28, 9)) as baseline_tco2e,
        cast(max(emissions_tco2e) filter (where scenario = 'monitored') as decimal(28, 9)) as project_tco2e
    from {{ ref('int_account_sides') }}
    where scope = 'project_area'
    group by project_id, rule_set, vintage_year
),

leakage as (
    select * from {{ ref('leakage') }}
),

draw_rules as (
    select * from {{ ref('int_account_draw_rules') }}
),

errors as (
    select * from {{ ref('int_account_errors') }}
),

-- Whose error the rule takes: that of baseline less project emissions, which the methods' formulas name, or that of
-- the net with leakage. There the belt errs only where it leaks: below the floor leakage is zero without error. Leakage
-- that is a part of the reduction is as uncertain as that is.
quantities as (
    select
        *,
        case
            when coalesce(deduction_base, 'net') <> 'gross_reduction' and leakage_error = 'propagated' then 'net'
            else 'gross_reduction'
        end as error_quantity
    from rules
),

bases as (
    select
        rules.*,
        sides.baseline_tco2e,
        sides.project_tco2e,
        leakage.leakage_tco2e,
        sides.baseline_tco2e - sides.project_tco2e as gross_tco2e,
        rules.error_quantity = 'net' and draw_rules.has_belt as has_belt,
        cast(
            case when rules.error_quantity = 'net' then 1 - draw_rules.leakage_rate else 1 end
            as decimal(18, 9)
        ) as kept_share
    from quantities as rules
    left join sides
        on
            rules.project_id = sides.project_id
            and rules.rule_set = sides.rule_set
            and rules.vintage_year = sides.vintage_year
    left join leakage
        on
            rules.project_id = leakage.project_id
            and rules.rule_set = leakage.rule_set
            and rules.vintage_year = leakage.vintage_year
    inner join draw_rules
        on
            rules.project_id = draw_rules.project_id
            and rules.rule_set = draw_rules.rule_set
            and rules.vintage_year = draw_rules.vintage_year
),

combined as (
    select
        bases.project_id,
        bases.rule_set,
        bases.vintage_year,
        errors.kind,
        coalesce(errors.is_known, true) as is_known_without_belt,
        coalesce(errors.is_known, true) and (not bases.has_belt or coalesce(errors.is_belt_known, true)) as is_known,
        errors.is_monitored,
        errors.degrees_of_freedom,
        errors.input_id,
        coalesce(
            errors.error_reason, 'neither the areas nor the parameter ad_uncertainty_u90 state one'
        ) as error_reason,
        cast(
            cast(errors.error_tco2e as decimal(28, 6)) * cast(bases.kept_share as decimal(10, 9))
            + case when bases.has_belt then errors.belt_error_tco2e else 0 end
            as decimal(19, 6)
        ) as error_tco2e,
        cast(errors.monitored_error_tco2e as decimal(19, 6)) as monitored_error_tco2e
    from bases
    inner join errors
        on
            bases.project_id = errors.project_id
            and bases.rule_set = errors.rule_set
            and bases.vintage_year = errors.vintage_year
),

-- The sums of squares are exact, so that no order of rows can change a digit; only roots and quotients are doubles.
sums as (
    select
        project_id,
        rule_set,
        vintage_year,
        coalesce(bool_and(is_known) filter (where kind = 'area'), true) as areas_known,
        coalesce(
            bool_and(is_known_without_belt) filter (where kind = 'area' and is_monitored), true
        ) as monitored_known,
        coalesce(bool_and(is_known) filter (where kind = 'stock'), true) as factors_known,
        coalesce(sum(error_tco2e * error_tco2e) filter (where kind = 'stock'), 0) as factor_part,
        coalesce(sum(error_tco2e * error_tco2e) filter (where kind = 'area'), 0) as area_part,
        coalesce(sum(error_tco2e * error_tco2e), 0) as whole_part,
        sum(monitored_error_tco2e * monitored_error_tco2e) filter (where kind = 'area' and is_monitored)
            as monitored_part,
        max(degrees_of_freedom) as degrees_of_freedom,
        string_agg(distinct input_id, ', ' order by input_id) filter (where kind = 'area' and not is_known)
            as unknown_areas,
        string_agg(distinct error_reason, '; ' order by error_reason) filter (where kind = 'area' and not is_known)
            as error_reasons,
        string_agg(distinct input_id, ', ' order by input_id) filter (where kind = 'stock' and not is_known)
            as unknown_stocks
    from combined
    group by project_id, rule_set, vintage_year
),

measured as (
    select
        bases.*,
        coalesce(sums.areas_known, true) as areas_known,
        coalesce(sums.monitored_known, true) as monitored_known,
        coalesce(sums.factors_known, true) as factors_known,
        sums.degrees_of_freedom,
        sums.unknown_areas,
        sums.error_reasons,
        sums.unknown_stocks,
        coalesce(sums.factor_part, 0) as factor_part,
        coalesce(sums.area_part, 0) as area_part,
        coalesce(sums.whole_part, 0) as whole_part,
        sums.monitored_part,
        case
            when bases.deduction_base = 'gross_reduction' then bases.gross_tco2e
            else bases.gross_tco2e - bases.leakage_tco2e
        end as base_tco2e,
        case
            when bases.error_quantity = 'net' then bases.gross_tco2e - bases.leakage_tco2e
            else bases.gross_tco2e
        end as erring_tco2e
    from bases
    left join sums
        on
            bases.project_id = sums.project_id
            and bases.rule_set = sums.rule_set
            and bases.vintage_year = sums.vintage_year
),

-- An error of more than a million times the mean is as good as any larger one, and fits its column. least() skips
-- nulls: where the base is nothing the quotient must stay unknown.
sized as (
    select
        *,
        nullif(cast(abs(erring_tco2e) as double), 0) as base_size,
        nullif(cast(abs(project_tco2e) as double), 0) as project_size,
        case when erring_tco2e <> 0 then cast(1000000 as double) end as largest
    from measured
),

final as (
    select
        project_id,
        rule_set,
        vintage_year,
        coalesce(deduction_base, 'net') as deduction_base,
        error_quantity,
        case
            when coalesce(leakage_error, 'left_out') not in ('left_out', 'propagated')
                then 'unknown choice of parameter leakage_error: ' || leakage_error
        end as choice_reason,
        activity_data_source,
        degrees_of_freedom,
        baseline_tco2e,
        project_tco2e,
        leakage_tco2e,
        cast(base_tco2e as decimal(28, 9)) as base_tco2e,
        cast(
            case when factors_known then least(sqrt(cast(factor_part as double)) / base_size, largest) end
            as decimal(18, 9)
        ) as factor_u90,
        cast(
            case when areas_known then least(sqrt(cast(area_part as double)) / base_size, largest) end
            as decimal(18, 9)
        ) as area_u90,
        cast(
            case
                when not monitored_known then null
                when project_tco2e = 0 or monitored_part is null then ad_uncertainty_u90
                else least(sqrt(cast(monitored_part as double)) / project_size, cast(1000000 as double))
            end as decimal(18, 9)
        ) as monitored_u90,
        cast(
            case
                when factors_known and areas_known
                    then least(sqrt(cast(whole_part as double)) / base_size, largest)
            end as decimal(18, 9)
        ) as u90,
        case
            when gross_tco2e is null
                then 'uncertainty unknown: not every area and factor of baseline and project is known'
            when erring_tco2e is null then 'uncertainty unknown: leakage is not known'
            when gross_tco2e = 0 then 'uncertainty unknown: baseline and project emissions are equal'
            when erring_tco2e = 0 then 'uncertainty unknown: leakage is as large as the reduction'
        end as base_reason,
        case
            when not areas_known
                then
                    'uncertainty of activity data unknown (' || unknown_areas || '): ' || error_reasons
        end as area_reason,
        case
            when not factors_known then 'uncertainty of emission factors unknown (' || unknown_stocks || ')'
        end as factor_reason
    from sized
)

select * from final
