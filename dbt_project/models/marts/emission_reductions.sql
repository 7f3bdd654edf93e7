with vintages as (
    select * from {{ ref('stg_vintages') }}
),

project as (
    select * from {{ ref('stg_project') }}
),

rules as (
    select * from {{ ref('int_rules_pivoted') }}
),

sides as (
    select
        vintage_year,
        max(emissions_tco2e) filter (where scenario = 'baseline') as baseline_tco2e,
        max(emissions_tco2e) filter (where scenario = 'monitored') as project_tco2e,
        {{ reasons('reason') }} as reason
    from {{ ref('int_vintage_emissions') }}
    where kind = 'project_area'
    group by vintage_year
),

leakage as (
    select * from {{ ref('int_vintage_leakage') }}
),

uncertainty as (
    select * from {{ ref('int_vintage_uncertainty') }}
),

net as (
    select
        vintages.vintage_year,
        vintages.vintage_start,
        vintages.vintage_end,
        vintages.days,
        sides.baseline_tco2e,
        sides.project_tco2e,
        leakage.leakage_tco2e,
        cast(sides.baseline_tco2e - sides.project_tco2e as decimal(28, 9)) as stock_change_tco2e,
        cast(sides.baseline_tco2e - sides.project_tco2e - leakage.leakage_tco2e as decimal(28, 9)) as net_tco2e,
        uncertainty.uncertainty_u90,
        uncertainty.uncertainty_source,
        uncertainty.deduction_fraction,
        uncertainty.eligible,
        rules.buffer_rate,
        project.rule_set,
        sides.reason as sides_reason,
        leakage.reason as leakage_reason,
        uncertainty.reason as uncertainty_reason,
        case when rules.buffer_rate is null then 'parameter buffer_rate is not set' end as buffer_reason
    from vintages
    cross join project
    cross join rules
    inner join sides on vintages.vintage_year = sides.vintage_year
    inner join leakage on vintages.vintage_year = leakage.vintage_year
    inner join uncertainty on vintages.vintage_year = uncertainty.vintage_year
),

deducted as (
    select
        *,
        -- A loss is not made smaller by being uncertain.
        cast(
            case
                when net_tco2e <= 0 then 0
                else cast(net_tco2e as decimal(38, 9)) * cast(deduction_fraction as decimal(38, 9))
            end as decimal(28, 9)
        ) as deduction_tco2e,
        -- On stock change alone, before leakage and uncertainty; a rate on a loss gives nothing back.
        cast(
            case
                when stock_change_tco2e <= 0 then 0
                else cast(stock_change_tco2e as decimal(38, 9)) * cast(buffer_rate as decimal(38, 9))
            end as decimal(28, 9)
        ) as buffer_tco2e
    from net
),

adjusted as (
    select
        *,
        cast(net_tco2e - deduction_tco2e as decimal(28, 9)) as adjusted_tco2e,
        cast(net_tco2e - deduction_tco2e - buffer_tco2e as decimal(28, 9)) as creditable_tco2e
    from deducted
),

final as (
    select
        vintage_year,
        vintage_start,
        vintage_end,
        days,
        baseline_tco2e,
        project_tco2e,
        leakage_tco2e,
        net_tco2e,
        uncertainty_u90,
        uncertainty_source,
        deduction_fraction,
        deduction_tco2e,
        adjusted_tco2e,
        buffer_rate,
        buffer_tco2e,
        cast(
            case
                when net_tco2e is null then null
                when not eligible then 0
                when creditable_tco2e < 0 then 0
                else floor(creditable_tco2e)
            end as bigint
        ) as vcu,
        eligible,
        {{ join_reasons([
            'sides_reason',
            'leakage_reason',
            'uncertainty_reason',
            'buffer_reason',
            "case when creditable_tco2e < 0 then 'net emission reductions do not cover deduction and buffer' end",
        ]) }} as reason,
        rule_set
    from adjusted
)

select * from final
