with net as (
    select * from {{ ref('int_account_net') }}
),

rules as (
    select * from {{ ref('int_account_rules') }}
),

ratings as (
    select
        project_id,
        rule_set,
        vintage_year,
        max(assessed_on) as assessed_on,
        max(score) filter (where category = 'internal') as internal_score,
        max(score) filter (where category = 'external') as external_score,
        max(score) filter (where category = 'natural') as natural_score,
        cast({{ sum_or_null('score') }} as decimal(18, 9)) as total_score,
        coalesce(bool_or(not passes), false) as fails,
        count(*) = count(passes) as is_known,
        {{ reasons('reason') }} as reason
    from {{ ref('risk_rating') }}
    group by project_id, rule_set, vintage_year
),

joined as (
    select
        net.project_id,
        net.rule_set,
        net.vintage_year,
        rules.buffer_base,
        rules.buffer_rate as declared_rate,
        rules.risk_fail_above,
        rules.pooled_reversal_share,
        ratings.assessed_on,
        ratings.internal_score,
        ratings.external_score,
        ratings.natural_score,
        ratings.total_score,
        ratings.reason as category_reason,
        net.error_eligible,
        net.stock_change_tco2e,
        net.counted_tco2e,
        net.transferred_tco2e,
        net.reason as net_reason,
        cast(net.net_tco2e - net.transferred_tco2e - net.deduction_tco2e as decimal(28, 9)) as deducted_tco2e,
        ratings.project_id is not null as is_rated,
        cast(rules.buffer_minimum * 100 as decimal(18, 9)) as minimum_percent,
        case
            when ratings.fails or ratings.total_score > rules.risk_fail_above then false
            when ratings.is_known and ratings.total_score <= rules.risk_fail_above then true
        end as passes,
        -- The rating is a whole per cent, rounded up, and no less than the tool's minimum. greatest() skips nulls.
        case
            when ratings.total_score is not null and rules.buffer_minimum is not null
                then cast(greatest(ceil(ratings.total_score), rules.buffer_minimum * 100) as decimal(18, 9))
        end as rating_percent
    from net
    inner join rules
        on
            net.project_id = rules.project_id
            and net.rule_set = rules.rule_set
            and net.vintage_year = rules.vintage_year
    left join ratings
        on
            net.project_id = ratings.project_id
            and net.rule_set = ratings.rule_set
            and net.vintage_year = ratings.vintage_year
),

rated as (
    select
        *,
        cast(rating_percent * cast(0.01 as decimal(3, 2)) as decimal(18, 9)) as rating_rate,
        coalesce(passes, true) is false as is_failed
    from joined
),

rates as (
    select
        *,
        case
            when not is_rated then declared_rate
            when passes and (declared_rate is null or declared_rate = rating_rate) then rating_rate
        end as buffer_rate,
        case
            when is_rated then 'rating'
            when declared_rate is not null then 'declared'
        end as rate_source,
        case buffer_base
            when 'stock_change' then stock_change_tco2e
            when 'gross_less_transferred'
                then
                    -- ART: neither a loss nor what was transferred fills the buffer.
                    case
                        when counted_tco2e is null or transferred_tco2e is null then null
                        else counted_tco2e - transferred_tco2e
                    end
            when 'after_deduction' then deducted_tco2e
        end as base_tco2e
    from rated
),

explained as (
    select
        *,
        coalesce(not error_eligible, false) or is_failed as is_without_credits,
        case
            when buffer_base is null then 'parameter buffer_base is not set'
            when buffer_base not in ('stock_change', 'gross_less_transferred', 'after_deduction')
                then 'unknown choice of parameter buffer_base: ' || buffer_base
            when base_tco2e is null then coalesce(net_reason, 'stock change is not known')
        end as base_reason,
        case
            when not is_rated and declared_rate is null then 'parameter buffer_rate is not set'
            when buffer_base = 'after_deduction' and pooled_reversal_share is null
                then 'parameter pooled_reversal_share is not set'
            when buffer_base = 'after_deduction' and buffer_rate < pooled_reversal_share
                then
                    'buffer_rate ' || {{ plain_number('buffer_rate') }}
                    || ' is less than its part pooled_reversal_share ' || {{ plain_number('pooled_reversal_share') }}
        end as rate_reason,
        case
            when not is_rated then null
            when risk_fail_above is null then 'parameter risk_fail_above is not set'
            when minimum_percent is null then 'parameter buffer_minimum is not set'
            when total_score > risk_fail_above
                then
                    'risk rating fails: total ' || {{ plain_number('total_score') }} || ' is above '
                    || {{ plain_number('risk_fail_above') }}
        end as total_reason,
        case
            when is_rated and passes and declared_rate <> rating_rate
                then
                    'buffer_rate is declared as ' || {{ plain_number('declared_rate') }} || ', and the risk rating of '
                    || assessed_on || ' gives ' || {{ plain_number('rating_rate') }}
        end as contradiction
    from rates
),

final as (
    select
        project_id,
        rule_set,
        vintage_year,
        internal_score,
        external_score,
        natural_score,
        total_score,
        rating_percent,
        minimum_percent,
        assessed_on,
        passes,
        buffer_rate,
        rate_source,
        buffer_base,
        cast(base_tco2e as decimal(28, 9)) as base_tco2e,
        -- A rate on a loss gives nothing back, and a vintage that cannot be credited has nothing to hold back.
        cast(
            case
                when is_without_credits or base_tco2e <= 0 then 0
                when rate_reason is not null or total_reason is not null then null
                else {{ share_of('base_tco2e', 'buffer_rate') }}
            end as decimal(28, 9)
        ) as buffer_tco2e,
        cast(
            case
                when coalesce(buffer_base, '') <> 'after_deduction' then 0
                when is_without_credits or base_tco2e <= 0 then 0
                when rate_reason is not null then null
                else {{ share_of('base_tco2e', 'pooled_reversal_share') }}
            end as decimal(28, 9)
        ) as pooled_buffer_tco2e,
        {{ join_reasons(['base_reason', 'rate_reason', 'category_reason', 'total_reason', 'contradiction']) }} as reason
    from explained
)

select * from final
