with vintages as (
    select * from {{ ref('stg_vintages') }}
),

emissions as (
    select * from {{ ref('emissions_annual') }}
),

annual as (
    select
        year,
        kind,
        scenario,
        {{ sum_or_null('emissions_tco2e') }} as emissions_tco2e,
        {{ reasons('reason') }} as reason
    from emissions
    group by year, kind, scenario
),

sides (kind, scenario) as (
    values
    ('project_area', 'baseline'),
    ('project_area', 'monitored'),
    ('leakage_belt', 'baseline'),
    ('leakage_belt', 'monitored')
),

weighted as (
    select
        vintages.vintage_year,
        vintages.days_in_year,
        sides.kind,
        sides.scenario,
        annual.emissions_tco2e as annual_tco2e,
        cast(annual.emissions_tco2e as decimal(38, 9)) * vintages.days as emissions_by_days,
        case
            when annual.year is null then 'no zone of kind ' || sides.kind
            else annual.reason
        end as reason
    from vintages
    cross join sides
    left join annual
        on
            vintages.vintage_year = annual.year
            and sides.kind = annual.kind
            and sides.scenario = annual.scenario
),

final as (
    select
        vintage_year,
        kind,
        scenario,
        reason,
        annual_tco2e,
        {{ divide('emissions_by_days', 'days_in_year', 9) }} as emissions_tco2e
    from weighted
)

select * from final
