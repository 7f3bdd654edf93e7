-- The vintages are the sums of the tables of emissions, to the last digit; a row of a vintage is that of its year by
-- the vintage's days, within a billionth of a tonne; each day of a vintage has one baseline, or none and says so.
with emissions as (
    select
        project_id,
        rule_set,
        year,
        'baseline' as scenario,
        emissions_tco2e,
        days,
        days_in_year,
        period_tco2e
    from {{ ref('baseline_emissions') }}
    where scope = 'project_area'
    union all
    select
        project_id,
        rule_set,
        year,
        'monitored' as scenario,
        emissions_tco2e,
        days,
        days_in_year,
        period_tco2e
    from {{ ref('project_emissions') }}
    where scope = 'project_area'
),

sums as (
    select
        project_id,
        rule_set,
        year,
        {{ sum_or_null('period_tco2e', "scenario = 'baseline'") }} as baseline_tco2e,
        {{ sum_or_null('period_tco2e', "scenario = 'monitored'") }} as project_tco2e
    from emissions
    group by project_id, rule_set, year
),

covered as (
    select
        project_id,
        rule_set,
        vintage_year,
        sum(days) as days
    from {{ ref('int_account_segments') }}
    where scenario = 'baseline'
    group by project_id, rule_set, vintage_year
)

select
    'the ledger is not the sum of the tables' as problem,
    ledger.project_id,
    ledger.rule_set,
    ledger.vintage_year
from {{ ref('emission_reductions') }} as ledger
left join sums
    on
        ledger.project_id = sums.project_id
        and ledger.rule_set = sums.rule_set
        and ledger.vintage_year = sums.year
where
    ledger.baseline_tco2e is distinct from sums.baseline_tco2e
    or ledger.project_tco2e is distinct from sums.project_tco2e
union all
select
    'a row is not that of its year by the days' as problem,
    project_id,
    rule_set,
    year as vintage_year
from emissions
where
    abs(cast(period_tco2e as decimal(38, 9)) * days_in_year - cast(emissions_tco2e as decimal(38, 9)) * days)
    > days_in_year * cast(0.000000001 as decimal(10, 9))
union all
select
    'days of the vintage have two baselines' as problem,
    vintages.project_id,
    vintages.rule_set,
    vintages.vintage_year
from {{ ref('int_account_vintages') }} as vintages
left join covered
    on
        vintages.project_id = covered.project_id
        and vintages.rule_set = covered.rule_set
        and vintages.vintage_year = covered.vintage_year
where covered.days is distinct from vintages.days
