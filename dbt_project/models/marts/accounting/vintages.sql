with ledger as (
    select * from {{ ref('emission_reductions') }}
),

accounts as (
    select * from {{ ref('stg_accounts') }}
),

-- Removals are credited apart: their share of what the vintage reduced, rounded down, of its credits.
split as (
    select
        *,
        case
            when credits is null then null
            when removals_tco2e - removals_left_out_tco2e <= 0 or credits <= 0 then 0
            else least(removals_tco2e - removals_left_out_tco2e, gross_reduction_tco2e - removals_left_out_tco2e)
        end as split_removals_tco2e,
        case
            when gross_reduction_tco2e - removals_left_out_tco2e > 0
                then gross_reduction_tco2e - removals_left_out_tco2e
        end as split_reduction_tco2e
    from ledger
),

removed as (
    select
        *,
        cast(
            case
                when split_removals_tco2e = 0 then 0
                else
                    {{ unscaled('cast(credits as decimal(28, 9))') }}
                    * {{ unscaled('cast(split_removals_tco2e as decimal(28, 9))') }}
                    // ({{ unscaled('cast(split_reduction_tco2e as decimal(28, 9))') }} * 1000000000)
            end as bigint
        ) as removal_credits
    from split
),

computed as (
    select
        project_id,
        rule_set,
        is_primary,
        'computed' as source,
        cast(null as varchar) as document,
        vintage_year,
        vintage_start,
        vintage_end,
        days,
        baseline_tco2e,
        project_tco2e,
        leakage_tco2e,
        net_tco2e,
        buffer_tco2e,
        cast(ceil(buffer_tco2e) as bigint) as buffer_credits,
        credits - removal_credits as reduction_credits,
        removal_credits,
        credits,
        credit_unit,
        reason
    from removed
),

units as (
    select
        project_id,
        rule_set,
        max(credit_unit) as credit_unit
    from ledger
    group by project_id, rule_set
),

earlier as (
    select
        earlier.project_id,
        earlier.rule_set,
        accounts.is_primary,
        'prior' as source,
        earlier.source as document,
        earlier.vintage_year,
        earlier.vintage_start,
        earlier.vintage_end,
        date_diff('day', earlier.vintage_start, earlier.vintage_end) + 1 as days,
        cast(null as decimal(28, 9)) as baseline_tco2e,
        cast(null as decimal(28, 9)) as project_tco2e,
        earlier.leakage_tco2e,
        cast(null as decimal(28, 9)) as net_tco2e,
        earlier.buffer_tco2e,
        cast(ceil(earlier.buffer_tco2e) as bigint) as buffer_credits,
        cast(null as bigint) as reduction_credits,
        cast(null as bigint) as removal_credits,
        earlier.credits,
        units.credit_unit,
        'verified in an earlier period: baseline, project, net and removals stand in its report' as reason
    from {{ ref('stg_prior_vintages') }} as earlier
    inner join accounts
        on
            earlier.project_id = accounts.project_id
            and earlier.rule_set = accounts.rule_set
            and earlier.vintage_end < accounts.period_start
    left join units on earlier.project_id = units.project_id and earlier.rule_set = units.rule_set
),

everything as (
    select * from earlier
    union all
    select * from computed
),

-- What was expected of a year, for the days of the vintage. It was expected under the project's own rules.
expected as (
    select
        everything.*,
        ex_ante.net_tco2e as ex_ante_annual_tco2e,
        cast(ex_ante.net_tco2e as decimal(38, 9)) * everything.days as ex_ante_by_days,
        date_diff('day', make_date(everything.vintage_year, 1, 1), make_date(everything.vintage_year + 1, 1, 1))
            as days_in_year
    from everything
    left join {{ ref('stg_ex_ante_reductions') }} as ex_ante
        on
            everything.project_id = ex_ante.project_id
            and everything.vintage_year = ex_ante.year
            and everything.is_primary
),

weighed as (
    select
        *,
        {{ divide('ex_ante_by_days', 'days_in_year', 9) }} as ex_ante_net_tco2e
    from expected
),

compared as (
    select
        *,
        case when ex_ante_net_tco2e > 0 then ex_ante_net_tco2e end as ex_ante_divisor,
        cast(net_tco2e - ex_ante_net_tco2e as decimal(38, 9)) * 100 as difference_parts
    from weighed
),

final as (
    select
        project_id,
        rule_set,
        is_primary,
        source,
        document,
        vintage_year,
        vintage_start,
        vintage_end,
        days,
        baseline_tco2e,
        project_tco2e,
        leakage_tco2e,
        net_tco2e,
        ex_ante_net_tco2e,
        {{ divide('difference_parts', 'ex_ante_divisor', 9, 9, scale=6) }} as difference_percent,
        case
            when ex_ante_annual_tco2e is not null then null
            when not is_primary then 'reductions are expected under the rule set of the project alone'
            else 'no reductions expected of ' || vintage_year || ' are declared'
        end as ex_ante_reason,
        buffer_tco2e,
        buffer_credits,
        reduction_credits,
        removal_credits,
        credits,
        cast(
            case
                when count(*) over upto = count(credits) over upto then sum(credits) over upto
            end as bigint
        ) as cumulative_credits,
        credit_unit,
        reason
    from compared
    window upto as (
        partition by project_id, rule_set
        order by vintage_start
        rows between unbounded preceding and current row
    )
)

select * from final
