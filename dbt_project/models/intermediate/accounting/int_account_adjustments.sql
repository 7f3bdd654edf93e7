with vintages as (
    select * from {{ ref('int_account_vintages') }}
),

components (component) as (
    values
    ('leakage_prevention'),
    ('market_leakage'),
    ('outside_belt_leakage'),
    ('transferred')
),

-- What a project declares of its own accord, of monitored years: an amount holds for a span of calendar years.
declared as (
    select
        emissions.project_id,
        emissions.scope,
        emissions.component,
        emissions.first_year,
        emissions.last_year,
        emissions.last_year - emissions.first_year + 1 as year_count,
        emissions.emissions_tco2e
    from {{ ref('stg_account_emissions') }} as emissions
    inner join components on emissions.component = components.component
    where emissions.scenario = 'monitored'
),

-- Each year of the span holds an equal part, and the vintage that part of it that its days are of the year. What was
-- transferred is an amount and no rate: the vintages that its span meets share the whole of it by their days.
declared_by_vintage as (
    select
        vintages.project_id,
        vintages.rule_set,
        vintages.vintage_year,
        declared.component,
        cast(declared.emissions_tco2e as decimal(38, 9)) * vintages.days as emissions_by_days,
        case
            when declared.component = 'transferred'
                then
                    cast(sum(vintages.days) over (
                        partition by
                            vintages.project_id,
                            vintages.rule_set,
                            declared.scope,
                            declared.component,
                            declared.first_year,
                            declared.last_year
                    ) as bigint)
            else declared.year_count * vintages.days_in_year
        end as day_count
    from vintages
    inner join declared
        on
            vintages.project_id = declared.project_id
            and vintages.vintage_year between declared.first_year and declared.last_year
),

declared_parts as (
    select
        project_id,
        rule_set,
        vintage_year,
        component,
        {{ divide('emissions_by_days', 'day_count', 9) }} as part_tco2e,
        cast(null as varchar) as reason
    from declared_by_vintage
),

named_components as (
    select distinct
        project_id,
        component
    from declared
    where component <> 'transferred'
),

-- Leakage that is declared of some years is not zero in the others: they must say so. What was transferred is what is
-- named.
not_declared as (
    select
        vintages.project_id,
        vintages.rule_set,
        vintages.vintage_year,
        named.component,
        cast(null as decimal(28, 9)) as part_tco2e,
        named.component || ' is declared of other years, not of ' || vintages.vintage_year
        || ' (0 where there was none)' as reason
    from vintages
    inner join named_components as named on vintages.project_id = named.project_id
    where not exists (
        select 1
        from declared
        where
            declared.project_id = vintages.project_id
            and declared.component = named.component
            and vintages.vintage_year between declared.first_year and declared.last_year
    )
),

measures as (
    select * from {{ ref('stg_leakage_measures') }}
),

named_measures as (
    select distinct
        project_id,
        measure
    from measures
),

factors as (
    select
        parameters.project_id,
        parameters.rule_set,
        parameters.vintage_year,
        parameters.name,
        parameters.value,
        units.unit
    from {{ ref('stg_account_parameters') }} as parameters
    left join {{ ref('stg_parameters') }} as units on parameters.parameter_id = units.parameter_id
    where parameters.name like 'factor_%'
),

-- One row for each vintage and measure that the project names in any year: a year left out is not a year without.
measured as (
    select
        vintages.project_id,
        vintages.rule_set,
        vintages.vintage_year,
        vintages.days,
        vintages.days_in_year,
        named.measure,
        measures.quantity,
        measures.unit,
        factors.value as factor,
        case
            when measures.quantity is null
                then
                    'quantity of measure ' || named.measure || ' of ' || vintages.vintage_year
                    || ' is not given (0 where there was none)'
            when factors.value is null then 'parameter factor_' || named.measure || ' is not set'
            when factors.unit is null then 'unit of parameter factor_' || named.measure || ' is not known'
            when factors.unit not in ('tCO2e/' || measures.unit, 'tCO2e/' || measures.unit || '/a')
                then
                    'measure ' || named.measure || ' is given in ' || measures.unit || ', its factor in '
                    || factors.unit
        end as reason
    from vintages
    inner join named_measures as named on vintages.project_id = named.project_id
    left join measures
        on
            vintages.project_id = measures.project_id
            and vintages.vintage_year = measures.year
            and named.measure = measures.measure
    left join factors
        on
            vintages.project_id = factors.project_id
            and vintages.rule_set = factors.rule_set
            and vintages.vintage_year = factors.vintage_year
            and 'factor_' || named.measure = factors.name
),

measured_by_days as (
    select
        *,
        cast({{ share_of('quantity', 'factor') }} as decimal(38, 9)) * days as emissions_by_days
    from measured
),

measured_parts as (
    select
        project_id,
        rule_set,
        vintage_year,
        'leakage_prevention' as component,
        case when reason is null then {{ divide('emissions_by_days', 'days_in_year', 9) }} end as part_tco2e,
        reason
    from measured_by_days
),

parts as (
    select * from declared_parts
    union all
    select * from not_declared
    union all
    select * from measured_parts
),

final as (
    select
        project_id,
        rule_set,
        vintage_year,
        component,
        cast({{ sum_or_null('part_tco2e') }} as decimal(28, 9)) as amount_tco2e,
        {{ reasons('reason') }} as reason
    from parts
    group by project_id, rule_set, vintage_year, component
)

select * from final
