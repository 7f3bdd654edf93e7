with gross as (
    select * from {{ ref('int_account_gross') }}
),

rules as (
    select * from {{ ref('int_account_rules') }}
),

adjustments as (
    select
        project_id,
        rule_set,
        vintage_year,
        max(amount_tco2e) filter (where component = 'market_leakage') as market_tco2e,
        count(*) filter (where component = 'market_leakage') > 0 as declares_market,
        max(amount_tco2e) filter (where component = 'outside_belt_leakage') as outside_belt_tco2e,
        count(*) filter (where component = 'outside_belt_leakage') > 0 as declares_outside,
        max(amount_tco2e) filter (where component = 'leakage_prevention') as prevention_tco2e,
        count(*) filter (where component = 'leakage_prevention') > 0 as declares_prevention,
        {{ reasons('reason', "component <> 'transferred'") }} as reason
    from {{ ref('int_account_adjustments') }}
    group by project_id, rule_set, vintage_year
),

joined as (
    select
        gross.project_id,
        gross.rule_set,
        gross.vintage_year,
        gross.counted_tco2e,
        gross.reason as gross_reason,
        gross.belt_reason,
        gross.belt_baseline_tco2e,
        gross.belt_monitored_tco2e,
        rules.leakage_rule,
        rules.leakage_floor,
        rules.leakage_rate,
        rules.displacement_factor,
        rules.market_leakage_rate,
        adjustments.market_tco2e,
        adjustments.outside_belt_tco2e,
        adjustments.prevention_tco2e,
        adjustments.reason as declared_reason,
        rules.leakage_rule in ('belt', 'belt_and_displacement') as counts_belt,
        cast(gross.belt_monitored_tco2e - gross.belt_baseline_tco2e as decimal(28, 9)) as belt_excess_tco2e,
        coalesce(adjustments.declares_market, false) as declares_market,
        coalesce(adjustments.declares_outside, false) as declares_outside,
        coalesce(adjustments.declares_prevention, false) as declares_prevention,
        -- Leakage takes its share of a reduction; where there is none, nothing was displaced.
        case when gross.counted_tco2e is not null then greatest(gross.counted_tco2e, 0) end as reduction_tco2e
    from gross
    inner join rules
        on
            gross.project_id = rules.project_id
            and gross.rule_set = rules.rule_set
            and gross.vintage_year = rules.vintage_year
    left join adjustments
        on
            gross.project_id = adjustments.project_id
            and gross.rule_set = adjustments.rule_set
            and gross.vintage_year = adjustments.vintage_year
),

-- The sum of the period from its first vintage on; null from the first vintage that is null. Leakage that an earlier
-- period has deducted is not given back.
running as (
    select
        *,
        case
            when count(*) over upto = count(belt_excess_tco2e) over upto then sum(belt_excess_tco2e) over upto
        end as cumulative_tco2e
    from joined
    window upto as (
        partition by project_id, rule_set
        order by vintage_year
        rows between unbounded preceding and current row
    )
),

floored as (
    select
        *,
        -- greatest() skips nulls, so that unknown leakage would become zero.
        case when cumulative_tco2e is not null then greatest(cumulative_tco2e, 0) end as cumulative_floored_tco2e
    from running
),

increments as (
    select
        *,
        cumulative_floored_tco2e - lag(cumulative_floored_tco2e, 1, 0) over (
            partition by project_id, rule_set
            order by vintage_year
        ) as increment_tco2e
    from floored
),

parts as (
    select
        *,
        cast(
            case
                when leakage_rule in ('rate', 'none') then 0
                when belt_excess_tco2e is null or not counts_belt then null
                when leakage_floor = 'annual' then greatest(belt_excess_tco2e, 0)
                when leakage_floor = 'cumulative' then increment_tco2e
            end as decimal(28, 9)
        ) as belt_leakage_tco2e,
        case
            when leakage_rule = 'belt_and_displacement'
                then {{ share_of('reduction_tco2e', 'displacement_factor') }}
            when leakage_rule in ('belt', 'rate', 'none') then 0
        end as displaced_tco2e,
        case
            when leakage_rule = 'rate' then {{ share_of('reduction_tco2e', 'leakage_rate') }}
            when leakage_rule in ('belt', 'belt_and_displacement', 'none') then 0
        end as rated_tco2e,
        case
            when leakage_rule in ('rate', 'none') then 0
            when declares_market then market_tco2e
            when market_leakage_rate is null then 0
            else {{ share_of('reduction_tco2e', 'market_leakage_rate') }}
        end as market_leakage_tco2e,
        case when counts_belt and declares_outside then outside_belt_tco2e else 0 end as outside_tco2e,
        case when counts_belt and declares_prevention then prevention_tco2e else 0 end as measures_tco2e
    from increments
),

explained as (
    select
        *,
        case
            when leakage_rule is null then 'parameter leakage_rule is not set'
            when leakage_rule not in ('belt', 'belt_and_displacement', 'rate', 'none')
                then 'unknown choice of parameter leakage_rule: ' || leakage_rule
        end as rule_reason,
        case
            when not counts_belt then null
            when leakage_floor is null then 'parameter leakage_floor is not set'
            when leakage_floor not in ('annual', 'cumulative')
                then 'unknown choice of parameter leakage_floor: ' || leakage_floor
            when belt_excess_tco2e is null then belt_reason
            when leakage_floor = 'cumulative' and increment_tco2e is null
                then 'leakage of an earlier vintage is unknown'
        end as floor_reason,
        case
            when leakage_rule = 'belt_and_displacement' and displacement_factor is null
                then 'parameter displacement_factor is not set'
            when leakage_rule = 'rate' and leakage_rate is null then 'parameter leakage_rate is not set'
        end as rate_reason,
        case
            when
                reduction_tco2e is null
                and (
                    leakage_rule in ('belt_and_displacement', 'rate')
                    or (counts_belt and market_leakage_rate is not null and not declares_market)
                )
                then gross_reason
        end as reduction_reason,
        case when counts_belt then declared_reason end as parts_reason,
        case
            when leakage_rule in ('rate', 'none') and (declares_market or declares_outside or declares_prevention)
                then 'declared leakage is not counted under leakage_rule ' || leakage_rule
        end as not_counted_reason
    from parts
),

final as (
    select
        project_id,
        rule_set,
        vintage_year,
        leakage_rule,
        leakage_floor,
        belt_baseline_tco2e,
        belt_monitored_tco2e,
        belt_excess_tco2e,
        belt_leakage_tco2e,
        cast(displaced_tco2e as decimal(28, 9)) as displacement_tco2e,
        cast(rated_tco2e as decimal(28, 9)) as rate_tco2e,
        cast(market_leakage_tco2e as decimal(28, 9)) as market_leakage_tco2e,
        cast(outside_tco2e as decimal(28, 9)) as outside_belt_tco2e,
        cast(measures_tco2e as decimal(28, 9)) as prevention_tco2e,
        cast(
            belt_leakage_tco2e + displaced_tco2e + rated_tco2e + market_leakage_tco2e + outside_tco2e + measures_tco2e
            as decimal(28, 9)
        ) as leakage_tco2e,
        {{ join_reasons([
            'rule_reason',
            'floor_reason',
            'rate_reason',
            'reduction_reason',
            'parts_reason',
            'not_counted_reason',
        ]) }} as reason
    from explained
)

select * from final
