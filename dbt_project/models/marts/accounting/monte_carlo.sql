with draws as (
    select * from {{ ref('int_account_draws') }}
    where input_id is null
),

analytic as (
    select * from {{ ref('int_account_uncertainty') }}
),

-- What the ledger says without any error, and what keeps the draws from being whole.
vintages as (
    select
        project_id,
        rule_set,
        cast(vintage_year as varchar) as span,
        vintage_year,
        baseline_tco2e,
        project_tco2e,
        leakage_tco2e,
        {{ join_reasons(['area_reason', 'factor_reason']) }} as error_reason
    from analytic
),

periods as (
    select
        project_id,
        rule_set,
        'period' as span,
        cast(null as bigint) as vintage_year,
        {{ sum_or_null('baseline_tco2e') }} as baseline_tco2e,
        {{ sum_or_null('project_tco2e') }} as project_tco2e,
        {{ sum_or_null('leakage_tco2e') }} as leakage_tco2e,
        {{ reasons('error_reason') }} as error_reason
    from vintages
    group by project_id, rule_set
),

spans as (
    select * from vintages
    union all
    select * from periods
),

expected as (
    select
        *,
        unnest(['baseline', 'project', 'gross_reduction', 'leakage', 'net']) as quantity,
        unnest([
            baseline_tco2e,
            project_tco2e,
            baseline_tco2e - project_tco2e,
            leakage_tco2e,
            baseline_tco2e - project_tco2e - leakage_tco2e
        ]) as expected_tco2e
    from spans
),

joined as (
    select
        expected.project_id,
        expected.rule_set,
        expected.span,
        expected.vintage_year,
        expected.quantity,
        expected.expected_tco2e,
        case
            when expected.expected_tco2e is null then 'the ledger has no value to draw around'
            when expected.error_reason is not null then expected.error_reason
            when draws.draw_count is null then 'parameter monte_carlo_draws or monte_carlo_seed is not set'
        end as reason,
        draws.mean_tco2e,
        draws.median_tco2e,
        draws.sd_tco2e,
        draws.q05_tco2e,
        draws.q95_tco2e,
        (draws.q95_tco2e - draws.q05_tco2e) / 2 as half_width_tco2e,
        draws.draw_count,
        draws.seed
    from expected
    left join draws
        on
            expected.project_id = draws.project_id
            and expected.rule_set = draws.rule_set
            and expected.span = draws.span
            and expected.quantity = draws.quantity
),

-- Rounded so far that no processor's last digit shows. An error of more than a million times the mean is as good as any
-- larger one, and fits its column.
final as (
    select
        project_id,
        rule_set,
        span,
        vintage_year,
        quantity,
        cast(expected_tco2e as decimal(28, 9)) as expected_tco2e,
        cast(case when reason is null then mean_tco2e end as decimal(28, 3)) as mean_tco2e,
        cast(case when reason is null then median_tco2e end as decimal(28, 3)) as median_tco2e,
        cast(case when reason is null then sd_tco2e end as decimal(28, 3)) as sd_tco2e,
        cast(case when reason is null then q05_tco2e end as decimal(28, 3)) as q05_tco2e,
        cast(case when reason is null then q95_tco2e end as decimal(28, 3)) as q95_tco2e,
        cast(case when reason is null then half_width_tco2e end as decimal(28, 3)) as half_width_tco2e,
        cast(
            case
                when reason is null and abs(mean_tco2e) >= 0.001
                    then round(least(half_width_tco2e / abs(mean_tco2e), 1000000), 6)
            end as decimal(18, 9)
        ) as u90,
        cast(
            case
                when reason is null and abs(median_tco2e) >= 0.001
                    then round(least(half_width_tco2e / abs(median_tco2e), 1000000), 6)
            end as decimal(18, 9)
        ) as median_u90,
        draw_count,
        seed,
        reason
    from joined
)

select * from final
