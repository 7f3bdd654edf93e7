-- How leakage follows from emissions, as far as it does: the draws follow the same rules as the ledger.
with rules as (
    select * from {{ ref('int_account_rules') }}
),

leakage as (
    select * from {{ ref('leakage') }}
),

declared_markets as (
    select distinct
        project_id,
        rule_set,
        year
    from {{ ref('int_account_declared') }}
    where component = 'market_leakage' and scenario = 'monitored'
),

parts as (
    select
        rules.project_id,
        rules.rule_set,
        rules.vintage_year,
        rules.monte_carlo_draws,
        rules.monte_carlo_seed,
        rules.monte_carlo_resampling,
        rules.leakage_floor,
        rules.leakage_rule,
        coalesce(rules.leakage_rule in ('belt', 'belt_and_displacement'), false) as counts_belt,
        declared_markets.year is not null as declares_market,
        case when rules.leakage_rule = 'belt_and_displacement' then coalesce(rules.displacement_factor, 0) else 0 end
            as displacement_rate,
        coalesce(rules.market_leakage_rate, 0) as market_rate,
        case when rules.leakage_rule = 'rate' then coalesce(rules.leakage_rate, 0) else 0 end as whole_rate,
        coalesce(leakage.belt_leakage_tco2e, 0) as belt_leakage_tco2e,
        coalesce(leakage.market_leakage_tco2e, 0) as market_leakage_tco2e,
        coalesce(leakage.outside_belt_tco2e, 0) + coalesce(leakage.prevention_tco2e, 0) as given_tco2e
    from rules
    left join leakage
        on
            rules.project_id = leakage.project_id
            and rules.rule_set = leakage.rule_set
            and rules.vintage_year = leakage.vintage_year
    left join declared_markets
        on
            rules.project_id = declared_markets.project_id
            and rules.rule_set = declared_markets.rule_set
            and rules.vintage_year = declared_markets.year
),

final as (
    select
        project_id,
        rule_set,
        vintage_year,
        cast(monte_carlo_draws as bigint) as draw_count,
        cast(monte_carlo_seed as bigint) as seed,
        coalesce(monte_carlo_resampling, 'parametric') as resampling,
        counts_belt,
        counts_belt and belt_leakage_tco2e > 0 as has_belt,
        coalesce(counts_belt and leakage_floor = 'cumulative', false) as is_cumulative,
        cast(
            displacement_rate + whole_rate
            + case when counts_belt and not declares_market then market_rate else 0 end
            as decimal(18, 9)
        ) as leakage_rate,
        cast(
            case
                when counts_belt
                    then given_tco2e + case when declares_market then market_leakage_tco2e else 0 end
                else 0
            end as decimal(28, 9)
        ) as fixed_tco2e
    from parts
)

select * from final
