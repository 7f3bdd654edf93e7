with gross as (
    select * from {{ ref('int_account_gross') }}
),

rules as (
    select * from {{ ref('int_account_rules') }}
),

leakage as (
    select * from {{ ref('leakage') }}
),

uncertainty as (
    select * from {{ ref('uncertainty') }}
),

transferred as (
    select * from {{ ref('int_account_adjustments') }}
    where component = 'transferred'
),

joined as (
    select
        gross.*,
        rules.credit_rule,
        rules.deduction_base,
        rules.degradation_by_proxy,
        rules.degradation_proxy_factor,
        rules.title_share,
        leakage.leakage_tco2e,
        leakage.reason as leakage_reason,
        uncertainty.deduction_fraction,
        uncertainty.eligible as error_eligible,
        uncertainty.reason as uncertainty_reason,
        cast(gross.counted_tco2e - leakage.leakage_tco2e as decimal(28, 9)) as net_tco2e,
        coalesce(transferred.amount_tco2e, 0) as declared_transferred_tco2e,
        cast(gross.removals_tco2e - gross.removals_left_out_tco2e as decimal(28, 9)) as counted_removals_tco2e
    from gross
    inner join rules
        on
            gross.project_id = rules.project_id
            and gross.rule_set = rules.rule_set
            and gross.vintage_year = rules.vintage_year
    inner join leakage
        on
            gross.project_id = leakage.project_id
            and gross.rule_set = leakage.rule_set
            and gross.vintage_year = leakage.vintage_year
    left join uncertainty
        on
            gross.project_id = uncertainty.project_id
            and gross.rule_set = uncertainty.rule_set
            and gross.vintage_year = uncertainty.vintage_year
    left join transferred
        on
            gross.project_id = transferred.project_id
            and gross.rule_set = transferred.rule_set
            and gross.vintage_year = transferred.vintage_year
),

-- What belongs to somebody else: sold or reported elsewhere, or without title. No rule lets a missing title make a loss
-- smaller. ART takes nothing that was transferred from a loss.
titled as (
    select
        *,
        cast(
            case
                when credit_rule in ('art_trees', 'fcpf') and net_tco2e is null then null
                when credit_rule = 'art_trees' and counted_tco2e - counted_removals_tco2e < 0 then 0
                when credit_rule = 'fcpf' and net_tco2e > 0
                    then declared_transferred_tco2e + net_tco2e - {{ share_of('net_tco2e', 'title_share') }}
                else declared_transferred_tco2e
            end as decimal(28, 9)
        ) as transferred_tco2e
    from joined
),

-- What the share for uncertainty is taken of. A loss is not made smaller by being uncertain; under ART it is made
-- larger. FCPF takes it of what remains with its title (F), and sets another share aside for the part of the reduction
-- that a proxy measured (B of A).
based as (
    select
        *,
        cast(
            case
                when credit_rule = 'fcpf' and net_tco2e is not null then greatest(net_tco2e - transferred_tco2e, 0)
                when credit_rule = 'fcpf' then null
                when credit_rule = 'art_trees'
                    then abs(counted_tco2e - counted_removals_tco2e) + abs(counted_removals_tco2e)
                when deduction_base = 'gross_reduction' and counted_tco2e is not null then greatest(counted_tco2e, 0)
                when deduction_base = 'net' and net_tco2e is not null then greatest(net_tco2e, 0)
            end as decimal(28, 9)
        ) as error_base_tco2e,
        cast(
            case
                when net_tco2e is null or degradation_reduction_tco2e is null then null
                when net_tco2e <= 0 then 0
                else least(greatest(degradation_reduction_tco2e, 0), net_tco2e)
            end as decimal(28, 9)
        ) as by_proxy_tco2e,
        coalesce(credit_rule = 'fcpf' and degradation_by_proxy = 'yes', false) as has_proxy
    from titled
),

weighted as (
    select
        *,
        cast(by_proxy_tco2e as decimal(38, 9)) * cast(degradation_proxy_factor as decimal(38, 9))
        + cast(net_tco2e - by_proxy_tco2e as decimal(38, 9)) * cast(deduction_fraction as decimal(38, 9))
            as proxy_error
    from based
),

shares as (
    select
        *,
        -- The share as a whole, to 18 digits: rounded to nine it would move grams.
        case
            when has_proxy and net_tco2e > 0
                then {{ divide('proxy_error', 'net_tco2e', 18, 9, scale=18, width=38) }}
            else cast(deduction_fraction as decimal(38, 18))
        end as error_share
    from weighted
),

deducted as (
    select
        *,
        cast(
            case
                when error_base_tco2e = 0 then 0
                else cast(error_base_tco2e as decimal(38, 9)) * error_share
            end as decimal(28, 9)
        ) as deduction_tco2e,
        case
            when credit_rule is null then 'parameter credit_rule is not set'
            when credit_rule not in ('vcs', 'art_trees', 'fcpf')
                then 'unknown choice of parameter credit_rule: ' || credit_rule
        end as credit_reason,
        case
            when credit_rule = 'vcs' and deduction_base is null then 'parameter deduction_base is not set'
            when credit_rule = 'vcs' and deduction_base not in ('net', 'gross_reduction')
                then 'unknown choice of parameter deduction_base: ' || deduction_base
        end as base_reason,
        case
            when credit_rule = 'fcpf' and title_share is null then 'parameter title_share is not set'
        end as title_reason,
        case
            when coalesce(credit_rule, '') <> 'fcpf' then null
            when degradation_by_proxy is null then 'parameter degradation_by_proxy is not set'
            when degradation_by_proxy not in ('yes', 'no')
                then 'unknown choice of parameter degradation_by_proxy: ' || degradation_by_proxy
            when degradation_by_proxy = 'yes' and degradation_proxy_factor is null
                then 'parameter degradation_proxy_factor is not set'
        end as proxy_reason
    from shares
),

final as (
    select
        project_id,
        rule_set,
        vintage_year,
        credit_rule,
        baseline_tco2e,
        project_tco2e,
        gross_reduction_tco2e,
        stock_change_tco2e,
        removals_tco2e,
        removals_left_out_tco2e,
        counted_tco2e,
        leakage_tco2e,
        net_tco2e,
        deduction_fraction,
        error_eligible,
        case
            when credit_reason is null and title_reason is null then transferred_tco2e
        end as transferred_tco2e,
        case
            when credit_reason is null and base_reason is null and title_reason is null and proxy_reason is null
                then deduction_tco2e
        end as deduction_tco2e,
        {{ join_reasons([
            'reason',
            'leakage_reason',
            'uncertainty_reason',
            'credit_reason',
            'base_reason',
            'title_reason',
            'proxy_reason',
        ]) }} as reason
    from deducted
)

select * from final
