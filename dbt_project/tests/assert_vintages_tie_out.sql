-- The vintages add up to the annual table, weighted once for the whole period, within one billionth of a tonne a row.
with emissions as (
    select
        emissions_annual.kind,
        emissions_annual.scenario,
        count(*) as row_count,
        sum(
            cast(emissions_annual.emissions_tco2e as decimal(38, 9))
            * vintages.days
            * (366 * 365 // vintages.days_in_year)
        ) as weighted_tco2e
    from {{ ref('emissions_annual') }} as emissions_annual
    inner join {{ ref('stg_vintages') }} as vintages on emissions_annual.year = vintages.vintage_year
    where emissions_annual.kind = 'project_area'
    group by emissions_annual.kind, emissions_annual.scenario
),

ledger as (
    select
        'baseline' as scenario,
        {{ sum_or_null('baseline_tco2e') }} as total_tco2e
    from {{ ref('emission_reductions') }}
    where is_primary
    union all
    select
        'monitored' as scenario,
        {{ sum_or_null('project_tco2e') }} as total_tco2e
    from {{ ref('emission_reductions') }}
    where is_primary
)

select
    ledger.scenario,
    ledger.total_tco2e,
    emissions.weighted_tco2e
from ledger
inner join emissions on ledger.scenario = emissions.scenario
where abs(ledger.total_tco2e * 366 * 365 - emissions.weighted_tco2e) > 366 * 365 * emissions.row_count * 0.000000001
