with accounts as (
    select * from {{ ref('stg_accounts') }}
),

ledger as (
    select * from {{ ref('emission_reductions') }}
),

-- The parameters in force at the end of the period.
rules as (
    select
        project_id,
        rule_set,
        arg_max(loss_event_share, vintage_year) as loss_event_share,
        arg_max(loss_notice_days, vintage_year) as loss_notice_days,
        arg_max(verification_gap_years, vintage_year) as verification_gap_years
    from {{ ref('int_account_rules') }}
    group by project_id, rule_set
),

earlier as (
    select
        accounts.project_id,
        accounts.rule_set,
        declared.vintage_end,
        declared.stock_change_tco2e,
        declared.credits,
        cast(ceil(declared.buffer_tco2e) as bigint) as buffer_credits
    from accounts
    inner join {{ ref('stg_prior_vintages') }} as declared
        on
            accounts.project_id = declared.project_id
            and accounts.rule_set = declared.rule_set
            and accounts.period_start > declared.vintage_end
),

before_period as (
    select
        project_id,
        rule_set,
        max(vintage_end) as verified_to,
        sum(credits) as credits,
        sum(buffer_credits) as buffer_credits
    from earlier
    group by project_id, rule_set
),

ended as (
    select
        project_id,
        rule_set,
        count(*) = count(carried_tco2e) as is_known,
        arg_min(opening_tco2e, vintage_year) as opening_tco2e,
        arg_max(carried_tco2e, vintage_year) as carried_tco2e,
        -- Where a rule set credits losses below zero, nothing is carried.
        coalesce(sum(creditable_tco2e) filter (where creditable_tco2e < 0), 0) as negative_tco2e,
        {{ reasons('reason', 'carried_tco2e is null') }} as reason
    from ledger
    group by project_id, rule_set
),

states as (
    select
        accounts.project_id,
        accounts.rule_set,
        accounts.period_id,
        accounts.period_end,
        rules.loss_event_share,
        rules.loss_notice_days,
        rules.verification_gap_years,
        before_period.credits as earlier_credits,
        before_period.buffer_credits,
        coalesce(ended.is_known, false) as is_known,
        ended.reason as ledger_reason,
        -- Nothing was verified before a period with which crediting begins; before others, what is declared is known.
        case
            when accounts.period_start <= accounts.crediting_start then accounts.crediting_start - 1
            else before_period.verified_to
        end as verified_to,
        accounts.period_start <= accounts.crediting_start as is_first_period,
        cast(
            greatest(coalesce(ended.opening_tco2e, 0) - ended.carried_tco2e, 0) - ended.negative_tco2e
            as decimal(28, 9)
        ) as fall_tco2e,
        ended.carried_tco2e < 0 as ends_below
    from accounts
    left join rules on accounts.project_id = rules.project_id and accounts.rule_set = rules.rule_set
    left join before_period
        on accounts.project_id = before_period.project_id and accounts.rule_set = before_period.rule_set
    left join ended on accounts.project_id = ended.project_id and accounts.rule_set = ended.rule_set
),

falls as (
    select
        *,
        case
            when not is_known then 'not_known'
            when fall_tco2e = 0 and not ends_below then 'none'
            when fall_tco2e = 0 then 'deficit'
            when is_first_period or earlier_credits = 0 then 'deficit'
            when verified_to is null then 'not_known'
            else 'reversal'
        end as status
    from states
),

reversals as (
    select
        project_id,
        rule_set,
        'reversal' as kind,
        period_id as event_id,
        cast(null as date) as occurred_on,
        cast(null as varchar) as cause,
        cast(null as boolean) as is_avoidable,
        if(is_known, fall_tco2e, null) as stock_loss_tco2e,
        cast(null as decimal(28, 9)) as verified_tco2e,
        cast(null as decimal(18, 9)) as share,
        status,
        cast(null as date) as notified_on,
        cast(null as bigint) as days_to_notification,
        cast(null as boolean) as notified_late,
        cast(null as date) as reported_on,
        cast(case status when 'reversal' then ceil(fall_tco2e) when 'not_known' then null else 0 end as bigint)
            as buffer_credits,
        if(status = 'reversal', 'cancel', null) as buffer_action,
        case
            when not is_known
                then 'the ledger of the period is not whole' || coalesce(': ' || ledger_reason, '')
            when status = 'not_known'
                then
                    'the period ends below what was reached before, and its earlier vintages are not declared: '
                    || 'whether credits were issued for what was lost is not known'
            when status = 'deficit' and fall_tco2e = 0
                then 'the net loss of earlier periods is not made good yet'
            when status = 'deficit'
                then 'a net loss, and no credits were issued before: later reductions make it good first'
            when status = 'reversal' and ceil(fall_tco2e) > buffer_credits
                then
                    'credits were issued for what was lost; the account''s own earlier buffer credits, '
                    || buffer_credits || ', are fewer than the loss'
            when status = 'reversal' then 'credits were issued for what was lost'
        end as reason
    from falls
),

verifications as (
    select
        project_id,
        rule_set,
        'verification' as kind,
        period_id as event_id,
        verified_to as occurred_on,
        cast(null as varchar) as cause,
        cast(null as boolean) as is_avoidable,
        cast(null as decimal(28, 9)) as stock_loss_tco2e,
        cast(null as decimal(28, 9)) as verified_tco2e,
        cast(null as decimal(18, 9)) as share,
        case
            when verified_to is null or verification_gap_years is null then 'not_known'
            when period_end > verified_to + to_years(cast(verification_gap_years as integer)) then 'buffer_on_hold'
            else 'in_time'
        end as status,
        cast(null as date) as notified_on,
        cast(null as bigint) as days_to_notification,
        cast(null as boolean) as notified_late,
        cast(null as date) as reported_on,
        cast(null as bigint) as buffer_credits,
        case
            when period_end > verified_to + to_years(cast(verification_gap_years as integer)) then 'hold'
        end as buffer_action,
        case
            when verified_to is null then 'the vintages before the period are not declared (accounting.prior_vintages)'
            when verification_gap_years is null then 'parameter verification_gap_years is not set'
            when period_end > verified_to + to_years(cast(verification_gap_years as integer))
                then
                    'the period ends more than ' || cast(verification_gap_years as integer)
                    || ' years after the last day verified before it: part of the buffer goes on hold until it is '
                    || 'verified; how much the standard says'
        end as reason
    from states
),

verified as (
    select
        earlier.project_id,
        earlier.rule_set,
        events.event_id,
        sum(earlier.stock_change_tco2e) as verified_tco2e
    from {{ ref('stg_loss_events') }} as events
    inner join earlier on events.project_id = earlier.project_id and events.occurred_on > earlier.vintage_end
    group by earlier.project_id, earlier.rule_set, events.event_id
),

losses as (
    select
        states.*,
        events.event_id,
        events.occurred_on,
        events.cause,
        events.is_avoidable,
        events.stock_loss_tco2e,
        events.notified_on,
        events.reported_on,
        date_diff('day', events.occurred_on, events.notified_on) as days_to_notification,
        verified.verified_tco2e
    from states
    inner join {{ ref('stg_loss_events') }} as events on states.project_id = events.project_id
    left join verified
        on
            states.project_id = verified.project_id
            and states.rule_set = verified.rule_set
            and events.event_id = verified.event_id
),

shares as (
    select
        *,
        -- Of a verified loss no share can be lost.
        {{ divide('stock_loss_tco2e', 'if(verified_tco2e > 0, verified_tco2e, null)', 9, 9, width=18) }} as share,
        case
            when verified_tco2e is not null then verified_tco2e <= 0
            else is_first_period
        end as nothing_verified
    from losses
),

weighed as (
    select
        *,
        case
            when nothing_verified then false
            when verified_tco2e is not null then share > loss_event_share
        end as is_loss_event
    from shares
),

loss_events as (
    select
        project_id,
        rule_set,
        'loss_event' as kind,
        event_id,
        occurred_on,
        cause,
        is_avoidable,
        stock_loss_tco2e,
        cast(verified_tco2e as decimal(28, 9)) as verified_tco2e,
        share,
        case
            when is_loss_event is null then 'not_known'
            when not is_loss_event then 'below_threshold'
            when notified_on is null and date_diff('day', occurred_on, period_end) > loss_notice_days
                then 'notification_overdue'
            when notified_on is null then 'notification_open'
            when reported_on is null then 'report_open'
            else 'reported'
        end as status,
        notified_on,
        days_to_notification,
        case
            when is_loss_event and notified_on is not null then days_to_notification > loss_notice_days
            when is_loss_event and date_diff('day', occurred_on, period_end) > loss_notice_days then true
        end as notified_late,
        reported_on,
        cast(case when is_loss_event then ceil(stock_loss_tco2e) when not is_loss_event then 0 end as bigint)
            as buffer_credits,
        if(is_loss_event, 'hold', null) as buffer_action,
        case
            when nothing_verified then 'nothing had been verified before the event'
            when verified_tco2e is null
                then 'the vintages before the event are not declared (accounting.prior_vintages)'
            when loss_event_share is null then 'parameter loss_event_share is not set'
            when is_loss_event and loss_notice_days is null then 'parameter loss_notice_days is not set'
            when is_loss_event and notified_on is null
                then 'the registry was not told of the loss'
            when is_loss_event and days_to_notification > loss_notice_days
                then
                    'the registry was told ' || days_to_notification || ' days after the event, not within '
                    || cast(loss_notice_days as integer)
        end as reason
    from weighed
),

final as (
    select * from reversals
    union all
    select * from verifications
    union all
    select * from loss_events
)

select * from final
