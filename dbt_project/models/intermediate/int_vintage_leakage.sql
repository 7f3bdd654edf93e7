with emissions as (
    select *
    from {{ ref('int_vintage_emissions') }}
    where kind = 'leakage_belt'
),

vintages as (
    select * from {{ ref('stg_vintages') }}
),

rules as (
    select * from {{ ref('int_rules_pivoted') }}
),

excess as (
    select
        vintage_year,
        max(emissions_tco2e) filter (where scenario = 'monitored')
        - max(emissions_tco2e) filter (where scenario = 'baseline') as excess_tco2e,
        {{ reasons('reason') }} as reason
    from emissions
    group by vintage_year
),

-- The sum from the first vintage of the period on; null from the first vintage that is null.
running as (
    select
        vintage_year,
        excess_tco2e,
        reason,
        case
            when count(*) over upto = count(excess_tco2e) over upto then sum(excess_tco2e) over upto
        end as cumulative_tco2e
    from excess
    window upto as (
        order by vintage_year
        rows between unbounded preceding and current row
    )
),

floored as (
    select
        vintage_year,
        excess_tco2e,
        cumulative_tco2e,
        reason,
        -- greatest() skips nulls, so that unknown leakage would become zero.
        case when cumulative_tco2e is not null then greatest(cumulative_tco2e, 0) end as cumulative_floored_tco2e
    from running
),

increments as (
    select
        vintage_year,
        excess_tco2e,
        reason,
        cumulative_floored_tco2e
        - lag(cumulative_floored_tco2e, 1, 0) over (order by vintage_year) as increment_tco2e
    from floored
),

final as (
    select
        vintages.vintage_year,
        cast(increments.excess_tco2e as decimal(28, 9)) as excess_tco2e,
        cast(
            case
                when increments.excess_tco2e is null then null
                when rules.leakage_floor = 'annual' then greatest(increments.excess_tco2e, 0)
                when rules.leakage_floor = 'cumulative' then increments.increment_tco2e
            end as decimal(28, 9)
        ) as leakage_tco2e,
        case
            when rules.leakage_floor is null then 'parameter leakage_floor is not set'
            when rules.leakage_floor not in ('annual', 'cumulative')
                then 'unknown choice of parameter leakage_floor: ' || rules.leakage_floor
            when increments.excess_tco2e is null then increments.reason
            when rules.leakage_floor = 'cumulative' and increments.increment_tco2e is null
                then 'leakage of an earlier vintage is unknown'
        end as reason
    from vintages
    cross join rules
    left join increments on vintages.vintage_year = increments.vintage_year
)

select * from final
