-- Emissions that were not computed here, for each vintage: those of a span of years over its years, or the mean of the
-- reference years of a version.
with segments as (
    select * from {{ ref('int_account_segments') }}
),

declared as (
    select
        *,
        coalesce(baseline_version, '*') as version,
        last_year - first_year + 1 as span_years
    from {{ ref('stg_account_emissions') }}
),

annual as (
    select
        segments.project_id,
        segments.rule_set,
        segments.scenario,
        segments.baseline_version,
        declared.scope,
        declared.component,
        segments.vintage_year as year,
        segments.days,
        segments.days_in_year,
        cast(declared.emissions_tco2e as decimal(38, 9)) as tonnes_parts,
        cast(declared.se_tco2e as decimal(38, 9)) as se_parts,
        declared.span_years as divisor,
        segments.reason,
        cast(null as bigint) as years_lacking
    from segments
    inner join declared
        on
            segments.project_id = declared.project_id
            and segments.scenario = declared.scenario
            and segments.baseline_version = declared.version
            and segments.vintage_year >= declared.first_year
            and segments.vintage_year <= declared.last_year
    where not segments.is_average
),

averages as (
    select
        segments.*,
        declared.scope,
        declared.component,
        declared.emissions_tco2e,
        declared.se_tco2e,
        declared.span_years,
        segments.reference_last_year - segments.reference_first_year + 1 as reference_years,
        least(declared.last_year, segments.reference_last_year)
        - greatest(declared.first_year, segments.reference_first_year) + 1 as overlap_years
    from segments
    inner join declared
        on
            segments.project_id = declared.project_id
            and segments.scenario = declared.scenario
            and segments.baseline_version = declared.version
            and segments.reference_last_year >= declared.first_year
            and segments.reference_first_year <= declared.last_year
    where segments.is_average
),

averaged as (
    select
        project_id,
        rule_set,
        scenario,
        baseline_version,
        scope,
        component,
        vintage_year as year,
        days,
        days_in_year,
        cast(emissions_tco2e as decimal(38, 9)) * if(overlap_years = span_years, 1, overlap_years) as tonnes_parts,
        cast(se_tco2e as decimal(38, 9)) * if(overlap_years = span_years, 1, overlap_years) as se_parts,
        reference_years * if(overlap_years = span_years, 1, span_years) as divisor,
        reason,
        -- Spans of one component do not overlap: the key of the table and its checks see to that.
        cast(
            reference_years - sum(overlap_years) over (
                partition by project_id, rule_set, baseline_version, scope, component, vintage_year
            ) as bigint
        ) as years_lacking
    from averages
),

united as (
    select * from annual
    union all by name
    select * from averaged
),

divided as (
    select
        *,
        {{ divide('tonnes_parts', 'divisor', 9) }} as emissions_tco2e,
        {{ divide('se_parts', 'divisor', 9) }} as se_tco2e
    from united
),

sums as (
    select
        project_id,
        rule_set,
        scenario,
        baseline_version,
        scope,
        component,
        year,
        days,
        days_in_year,
        coalesce(
            max(reason),
            case
                when max(years_lacking) > 0
                    then
                        'baseline ' || baseline_version || ' lacks ' || max(years_lacking)
                        || ' reference years of declared ' || component
            end
        ) as reason,
        cast({{ sum_or_null('emissions_tco2e') }} as decimal(28, 9)) as sum_tco2e,
        -- One method estimated all years: their errors add up, on the safe side. Those of some are not that of all.
        cast({{ sum_or_null('se_tco2e') }} as decimal(28, 9)) as se_tco2e
    from divided
    group by project_id, rule_set, scenario, baseline_version, scope, component, year, days, days_in_year
),

known as (
    select
        * exclude (sum_tco2e),
        if(reason is null, sum_tco2e, null) as emissions_tco2e,
        if(reason is null, cast(sum_tco2e as decimal(38, 9)) * days, null) as emissions_by_days
    from sums
),

final as (
    select
        project_id,
        rule_set,
        scenario,
        baseline_version,
        scope,
        component,
        year,
        emissions_tco2e,
        se_tco2e,
        days,
        days_in_year,
        {{ divide('emissions_by_days', 'days_in_year', 9) }} as period_tco2e,
        reason
    from known
)

select * from final
