-- Leakage is the sum of its parts and is never below zero: in no vintage, or under the cumulative floor in no sum of
-- the period from its first vintage on.
with running as (
    select
        *,
        sum(belt_leakage_tco2e) over (
            partition by project_id, rule_set
            order by vintage_year
            rows between unbounded preceding and current row
        ) as cumulative_tco2e
    from {{ ref('leakage') }}
)

select
    project_id,
    rule_set,
    vintage_year,
    belt_leakage_tco2e,
    cumulative_tco2e,
    leakage_tco2e
from running
where
    coalesce(
        leakage_tco2e
        <> belt_leakage_tco2e
        + displacement_tco2e
        + rate_tco2e
        + market_leakage_tco2e
        + outside_belt_tco2e
        + prevention_tco2e,
        false
    )
    or displacement_tco2e < 0
    or rate_tco2e < 0
    or market_leakage_tco2e < 0
    or outside_belt_tco2e < 0
    or prevention_tco2e < 0
    or cumulative_tco2e < 0
    or (coalesce(leakage_floor, '') <> 'cumulative' and belt_leakage_tco2e < 0)
