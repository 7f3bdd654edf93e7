with vintages as (
    select * from {{ ref('int_account_vintages') }}
),

rules as (
    select * from {{ ref('int_account_rules') }}
),

net as (
    select * from {{ ref('int_account_net') }}
),

uncertainty as (
    select * from {{ ref('uncertainty') }}
),

buffer as (
    select * from {{ ref('buffer') }}
),

-- What earlier periods lost beyond what they earned: this one makes it good before it is credited. What they earned
-- beyond what was credited was rounded off and is gone.
openings as (
    select
        accounts.project_id,
        accounts.rule_set,
        cast(least(sum(earlier.balance_tco2e) - sum(earlier.credits), 0) as decimal(28, 9)) as deficit_tco2e
    from {{ ref('stg_accounts') }} as accounts
    inner join {{ ref('stg_prior_vintages') }} as earlier
        on
            accounts.project_id = earlier.project_id
            and accounts.rule_set = earlier.rule_set
            and accounts.period_start > earlier.vintage_end
    group by accounts.project_id, accounts.rule_set
),

joined as (
    select
        vintages.project_id,
        vintages.rule_set,
        vintages.vintage_year,
        vintages.is_primary,
        vintages.vintage_start,
        vintages.vintage_end,
        vintages.days,
        net.baseline_tco2e,
        net.project_tco2e,
        net.gross_reduction_tco2e,
        net.removals_tco2e,
        net.removals_left_out_tco2e,
        net.counted_tco2e,
        net.stock_change_tco2e,
        net.leakage_tco2e,
        net.net_tco2e,
        net.deduction_fraction,
        net.deduction_tco2e as rule_deduction_tco2e,
        net.transferred_tco2e,
        uncertainty.uncertainty_u90,
        uncertainty.uncertainty_source,
        uncertainty.activity_data_source,
        uncertainty.monitored_u90,
        buffer.buffer_rate,
        buffer.buffer_tco2e,
        buffer.pooled_buffer_tco2e,
        rules.credit_unit,
        rules.rounding,
        rules.deficit_rule,
        net.reason as net_reason,
        buffer.reason as buffer_reason,
        -- A rating that fails ends crediting as an error too large does.
        case
            when not net.error_eligible or not buffer.passes then false
            else net.error_eligible
        end as eligible,
        coalesce(openings.deficit_tco2e, 0) as deficit_tco2e
    from vintages
    inner join rules
        on
            vintages.project_id = rules.project_id
            and vintages.rule_set = rules.rule_set
            and vintages.vintage_year = rules.vintage_year
    inner join net
        on
            vintages.project_id = net.project_id
            and vintages.rule_set = net.rule_set
            and vintages.vintage_year = net.vintage_year
    inner join buffer
        on
            vintages.project_id = buffer.project_id
            and vintages.rule_set = buffer.rule_set
            and vintages.vintage_year = buffer.vintage_year
    left join uncertainty
        on
            vintages.project_id = uncertainty.project_id
            and vintages.rule_set = uncertainty.rule_set
            and vintages.vintage_year = uncertainty.vintage_year
    left join openings on vintages.project_id = openings.project_id and vintages.rule_set = openings.rule_set
),

explained as (
    select
        *,
        case
            when deficit_rule is null then 'parameter deficit_rule is not set'
            when deficit_rule not in ('earned_back', 'negative_credits')
                then 'unknown choice of parameter deficit_rule: ' || deficit_rule
        end as deficit_reason,
        case
            when rounding is null then 'parameter rounding is not set'
            when rounding not in ('floor', 'half_up') then 'unknown choice of parameter rounding: ' || rounding
        end as rounding_reason
    from joined
),

-- Of what is not credited nothing is deducted.
deducted as (
    select
        *,
        case when eligible or net_tco2e <= 0 or eligible is null then rule_deduction_tco2e end as deduction_tco2e
    from explained
),

-- What each vintage adds to the period: its reductions after deduction and buffer, or its net loss. A vintage that is
-- not eligible adds no reductions, but its loss.
balances as (
    select
        *,
        cast(net_tco2e - deduction_tco2e as decimal(28, 9)) as adjusted_tco2e,
        cast(
            case
                when deficit_reason is not null or rounding_reason is not null then null
                when net_tco2e is null or transferred_tco2e is null then null
                when not eligible then least(net_tco2e - transferred_tco2e, 0)
                else net_tco2e - deduction_tco2e - transferred_tco2e - buffer_tco2e
            end as decimal(28, 9)
        ) as earned_tco2e
    from deducted
),

-- The sum from the first vintage of the period on, with what earlier periods lost; null from the first vintage that
-- could not be computed, for whether that one was a loss is not known.
running as (
    select
        *,
        case
            when count(*) over upto = count(earned_tco2e) over upto then deficit_tco2e + sum(earned_tco2e) over upto
        end as cumulative_tco2e
    from balances
    window upto as (
        partition by project_id, rule_set
        order by vintage_year
        rows between unbounded preceding and current row
    )
),

-- Where the sum stands at the end of the period, or at its last vintage that could be computed: a period is verified as
-- a whole, so a loss in a later vintage takes from the earlier ones too.
ended as (
    select
        project_id,
        rule_set,
        arg_max(cumulative_tco2e, vintage_year) as period_tco2e
    from running
    where cumulative_tco2e is not null
    group by project_id, rule_set
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
    left join ended on running.project_id = ended.project_id and running.rule_set = ended.rule_set
    window upto as (
        partition by running.project_id, running.rule_set
        order by running.vintage_year
        rows between unbounded preceding and current row
    )
),

-- A net loss is earned back before anything is credited again: a vintage is credited by how far it lifts the peak.
-- Where losses are credits below zero, nothing is carried.
credited as (
    select
        *,
        cast(
            case
                when deficit_rule = 'earned_back'
                    then
                        credited_tco2e
                        - lag(credited_tco2e, 1, 0) over (partition by project_id, rule_set order by vintage_year)
                when earned_tco2e is null then null
                when counted_tco2e - greatest(removals_tco2e - removals_left_out_tco2e, 0) < 0 then earned_tco2e
                else greatest(earned_tco2e, 0)
            end as decimal(28, 9)
        ) as creditable_tco2e,
        cast(
            case
                when deficit_rule = 'earned_back' then cumulative_tco2e - credited_tco2e
                when earned_tco2e is not null then 0
            end as decimal(28, 9)
        ) as carried_tco2e,
        deficit_rule = 'earned_back' and coalesce(
            count(*) over earlier > count(earned_tco2e) over earlier, false
        ) as follows_unknown
    from peaks
    window earlier as (
        partition by project_id, rule_set
        order by vintage_year
        rows between unbounded preceding and 1 preceding
    )
),

opened as (
    select
        *,
        cast(
            case
                when deficit_rule = 'earned_back'
                    then
                        lag(carried_tco2e, 1, deficit_tco2e) over (
                            partition by project_id, rule_set
                            order by vintage_year
                        )
                else 0
            end as decimal(28, 9)
        ) as opening_tco2e,
        row_number() over (partition by project_id, rule_set order by vintage_year) = 1 as is_first
    from credited
),

worded as (
    select
        *,
        case when follows_unknown then 'an earlier vintage could not be computed' end as earlier_reason,
        case
            when is_first and opening_tco2e < 0
                then
                    'net loss of ' || cast(-opening_tco2e as decimal(28, 3))
                    || ' tCO2e of earlier periods is made good first'
        end as opening_reason,
        case
            when deficit_rule = 'negative_credits' and creditable_tco2e < 0
                then 'net loss of ' || cast(-creditable_tco2e as decimal(28, 3)) || ' tCO2e'
            when deficit_rule = 'negative_credits' and earned_tco2e < 0
                then 'leakage, deduction, transfers and buffer exceed the reduction'
            when earned_tco2e < 0
                then
                    'net loss of ' || cast(-earned_tco2e as decimal(28, 3))
                    || ' tCO2e after deduction and buffer, carried forward'
            when creditable_tco2e < earned_tco2e and opening_tco2e < 0 and is_first
                then 'reductions make good the net loss of earlier periods before they are credited'
            when creditable_tco2e < earned_tco2e
                then 'reductions make good the net loss of another vintage of the period before they are credited'
        end as loss_reason
    from opened
),

final as (
    select
        project_id,
        rule_set,
        is_primary,
        vintage_year,
        vintage_start,
        vintage_end,
        days,
        baseline_tco2e,
        project_tco2e,
        gross_reduction_tco2e,
        removals_tco2e,
        removals_left_out_tco2e,
        stock_change_tco2e,
        leakage_tco2e,
        net_tco2e,
        uncertainty_u90,
        uncertainty_source,
        activity_data_source,
        monitored_u90,
        cast(deduction_fraction as decimal(28, 18)) as deduction_fraction,
        deduction_tco2e,
        adjusted_tco2e,
        transferred_tco2e,
        buffer_rate,
        buffer_tco2e,
        pooled_buffer_tco2e,
        earned_tco2e,
        opening_tco2e,
        creditable_tco2e,
        carried_tco2e,
        cast(
            case rounding
                when 'floor' then floor(creditable_tco2e)
                when 'half_up' then round(creditable_tco2e, 0)
            end as bigint
        ) as credits,
        credit_unit,
        eligible,
        {{ join_reasons([
            'net_reason',
            'buffer_reason',
            'deficit_reason',
            'rounding_reason',
            'earlier_reason',
            'opening_reason',
            'loss_reason',
        ]) }} as reason
    from worded
)

select * from final
