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
        uncertainty.activity_data_source,
        uncertainty.monitored_u90,
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
        -- On stock change alone, before leakage and uncertainty; a rate on a loss gives nothing back, and a vintage
        -- that cannot be credited has nothing to hold back.
        cast(
            case
                when not eligible or stock_change_tco2e <= 0 then 0
                else cast(stock_change_tco2e as decimal(38, 9)) * cast(buffer_rate as decimal(38, 9))
            end as decimal(28, 9)
        ) as buffer_tco2e
    from net
),

-- What each vintage adds to the period: its reductions after deduction and buffer, or its net loss. A vintage that is
-- not eligible adds no reductions, but its loss.
balances as (
    select
        *,
        cast(net_tco2e - deduction_tco2e as decimal(28, 9)) as adjusted_tco2e,
        cast(
            case
                when not eligible and net_tco2e > 0 then 0
                when not eligible then net_tco2e
                else net_tco2e - deduction_tco2e - buffer_tco2e
            end as decimal(28, 9)
        ) as balance_tco2e
    from deducted
),

-- The sum from the first vintage of the period on; null from the first vintage that could not be computed, for whether
-- that one was a loss is not known.
running as (
    select
        *,
        case
            when count(*) over upto = count(balance_tco2e) over upto then sum(balance_tco2e) over upto
        end as cumulative_tco2e
    from balances
    window upto as (
        order by vintage_year
        rows between unbounded preceding and current row
    )
),

-- Where the sum stands at the end of the period, or at its last vintage that could be computed: a period is verified as
-- a whole, so a loss in a later vintage takes from the earlier ones too.
ended as (
    select arg_max(cumulative_tco2e, vintage_year) as period_tco2e
    from running
    where cumulative_tco2e is not null
),

-- The highest that the sum has stood so far, or zero, and no more than what the period ends with: up to there it has
-- been credited. greatest(), least() and max() skip nulls, so that an unknown sum would be credited.
peaks as (
    select
        running.*,
        case
            when running.cumulative_tco2e is not null
                then least(greatest(max(running.cumulative_tco2e) over upto, 0), greatest(ended.period_tco2e, 0))
        end as credited_tco2e
    from running
    cross join ended
    window upto as (
        order by vintage_year
        rows between unbounded preceding and current row
    )
),

-- A net loss is earned back before anything is credited again: a vintage is credited by how far it lifts the peak.
credits as (
    select
        *,
        cast(
            credited_tco2e - lag(credited_tco2e, 1, 0) over (order by vintage_year) as decimal(28, 9)
        ) as creditable_tco2e,
        cast(cumulative_tco2e - credited_tco2e as decimal(28, 9)) as carried_tco2e,
        coalesce(
            count(*) over earlier > count(balance_tco2e) over earlier, false
        ) as follows_unknown
    from peaks
    window earlier as (
        order by vintage_year
        rows between unbounded preceding and 1 preceding
    )
),

explained as (
    select
        *,
        case when follows_unknown then 'an earlier vintage could not be computed' end as earlier_reason,
        case
            when balance_tco2e < 0
                then
                    'net loss of ' || cast(-balance_tco2e as decimal(28, 3))
                    || ' tCO2e after deduction and buffer, carried forward'
            when creditable_tco2e < balance_tco2e
                then 'reductions make good the net loss of another vintage of the period before they are credited'
        end as loss_reason
    from credits
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
        activity_data_source,
        monitored_u90,
        deduction_fraction,
        deduction_tco2e,
        adjusted_tco2e,
        buffer_rate,
        buffer_tco2e,
        carried_tco2e,
        cast(floor(creditable_tco2e) as bigint) as vcu,
        eligible,
        {{ join_reasons([
            'sides_reason',
            'leakage_reason',
            'uncertainty_reason',
            'buffer_reason',
            'earlier_reason',
            'loss_reason',
        ]) }} as reason,
        rule_set
    from explained
)

select * from final
