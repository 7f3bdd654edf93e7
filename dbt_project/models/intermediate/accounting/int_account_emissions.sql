-- Emissions of deforestation, degradation and enhancement: areas times what each pool loses, in the year of the change
-- or as it decays.
with accounts as (
    select * from {{ ref('int_account_constants') }}
),

segments as (
    select
        segments.*,
        accounts.emission_timing,
        accounts.longest_window,
        accounts.emissions_decimals,
        accounts.decay_years_below_ground,
        accounts.decay_years_dead_wood,
        accounts.decay_years_soil,
        accounts.decay_years_after_deforestation,
        least(accounts.crediting_year, accounts.first_vintage_year) as first_year
    from {{ ref('int_account_segments') }} as segments
    inner join accounts
        on segments.project_id = accounts.project_id and segments.rule_set = accounts.rule_set
),

areas as (
    select * from {{ ref('int_account_areas') }}
    where scope in ('project_area', 'leakage_belt')
),

factors as (
    select * from {{ ref('int_account_factors') }}
),

present as (
    select
        segments.*,
        areas.scope,
        areas.zone_id,
        areas.stratum_id,
        areas.activity,
        areas.from_state,
        areas.to_state,
        areas.method,
        areas.area_parts,
        areas.divisor,
        areas.reason as area_reason,
        0 as age
    from segments
    inner join areas
        on
            segments.project_id = areas.project_id
            and segments.rule_set = areas.rule_set
            and segments.scenario = areas.scenario
            and segments.baseline_version = areas.baseline_version
            and segments.vintage_year = areas.year
),

-- Earlier deforestation of which something is still emitted. A year that two versions of the baseline share is made of
-- both, by their days.
past as (
    select
        segments.*,
        areas.scope,
        areas.zone_id,
        areas.stratum_id,
        areas.activity,
        areas.from_state,
        areas.to_state,
        areas.method,
        if(
            areas.version_days = areas.year_days, areas.area_parts, areas.area_parts * areas.version_days
        ) as area_parts,
        if(areas.version_days = areas.year_days, areas.divisor, areas.divisor * areas.year_days) as divisor,
        areas.reason as area_reason,
        segments.vintage_year - areas.year as age
    from segments
    inner join areas
        on
            segments.project_id = areas.project_id
            and segments.rule_set = areas.rule_set
            and segments.scenario = areas.scenario
            and areas.activity = 'deforestation'
            and areas.method <> 'pixel_emissions'
            and areas.year between greatest(segments.first_year, segments.vintage_year - segments.longest_window + 1)
            and segments.vintage_year - 1
    where
        segments.emission_timing = 'decay'
        and (segments.baseline_version <> '*' or segments.scenario = 'monitored')
),

items as (
    select * from present
    union all by name
    select * from past
),

pools as (
    select
        items.*,
        coalesce(factors.pool, '*') as pool,
        factors.from_tc_ha,
        factors.to_tc_ha,
        factors.change_tc_ha,
        factors.emission_factor_tco2e_ha,
        factors.emission_factor_decimals,
        factors.co2_molar_mass,
        factors.carbon_molar_mass,
        factors.reason as factor_reason,
        cast(
            case
                when items.emission_timing = 'year_of_loss' or items.activity <> 'deforestation' then 1
                when items.emission_timing = 'decay' and factors.pool = 'below_ground'
                    then items.decay_years_below_ground
                when items.emission_timing = 'decay' and factors.pool = 'dead_wood' then items.decay_years_dead_wood
                when items.emission_timing = 'decay' and factors.pool = 'soil' then items.decay_years_soil
                when items.emission_timing = 'decay' then 1
            end as bigint
        ) as from_window,
        cast(
            case
                when items.emission_timing = 'year_of_loss' or items.activity <> 'deforestation' then 1
                when items.emission_timing = 'decay' then items.decay_years_after_deforestation
            end as bigint
        ) as to_window
    from items
    left join factors
        on
            items.project_id = factors.project_id
            and items.rule_set = factors.rule_set
            and items.stratum_id = factors.stratum_id
            and items.from_state = factors.from_state
            and items.to_state = factors.to_state
    where items.method <> 'pixel_emissions'
),

-- What is emitted of a pool in the year: of the areas within its window, each year's part.
windows as (
    select
        * exclude (age, area_parts, area_reason, reason),
        coalesce(sum(area_parts) filter (where age = 0), 0) as present_parts,
        coalesce(sum(area_parts) filter (where age < from_window), 0) as from_parts,
        coalesce(sum(area_parts) filter (where age < to_window), 0) as to_parts,
        count(*) filter (where area_parts is null and age < greatest(from_window, to_window)) as unknown_count,
        bool_or(age > 0) as has_past,
        {{ join_reasons(['max(reason)', 'string_agg(distinct area_reason, \'; \')']) }} as reason
    from pools
    group by all
),

products as (
    select
        *,
        cast(from_parts as decimal(38, 6))
        * cast(from_tc_ha as decimal(38, 9))
        * cast(co2_molar_mass as decimal(38, 9)) as from_by_mass,
        cast(to_parts as decimal(38, 6))
        * cast(to_tc_ha as decimal(38, 9))
        * cast(co2_molar_mass as decimal(38, 9)) as to_by_mass,
        cast(present_parts as decimal(38, 6))
        * cast(change_tc_ha as decimal(38, 9))
        * cast(co2_molar_mass as decimal(38, 9)) as change_by_mass,
        cast(divisor * from_window * carbon_molar_mass as decimal(38, 9)) as from_divisor,
        cast(divisor * to_window * carbon_molar_mass as decimal(38, 9)) as to_divisor,
        cast(divisor * carbon_molar_mass as decimal(38, 9)) as change_divisor,
        cast(
            cast(present_parts as decimal(38, 6)) * cast(emission_factor_tco2e_ha as decimal(38, 9)) as decimal(38, 9)
        ) as span_by_factor
    from windows
),

spans as (
    select
        *,
        case
            when emission_factor_decimals is not null then span_by_factor
            else {{ divide('change_by_mass', 'carbon_molar_mass', 24, 9, width=38) }}
        end as span_exact_tco2e
    from products
),

rounded_spans as (
    select
        *,
        cast({{ round_to('span_exact_tco2e', 'emissions_decimals', 38) }} as decimal(38, 9)) as span_tco2e
    from spans
),

parts as (
    select
        *,
        {{ divide('present_parts', 'divisor', 6, width=28) }} as area_ha,
        case
            -- Nothing lost emits nothing, whatever the factor is.
            when from_parts = 0 and to_parts = 0 then 0
            -- Rounded as a whole span first and then by year, where the rule set rounds.
            when
                from_window = 1 and to_window = 1
                and coalesce(emission_factor_decimals, emissions_decimals) is not null
                then {{ divide('span_tco2e', 'divisor', 9) }}
            when from_window = 1 and to_window = 1 then {{ divide('change_by_mass', 'change_divisor', 24, 9) }}
            else
                {{ divide('from_by_mass', 'from_divisor', 24, 9) }}
                - {{ divide('to_by_mass', 'to_divisor', 24, 9) }}
        end as emissions_tco2e
    from rounded_spans
),

-- Rows of spans of different length are added up, each divided by its own years.
sums as (
    select
        project_id,
        rule_set,
        scenario,
        baseline_version,
        scope,
        zone_id,
        stratum_id,
        activity,
        from_state,
        to_state,
        pool,
        method,
        vintage_year as year,
        days,
        days_in_year,
        emission_factor_tco2e_ha,
        emission_timing,
        factor_reason,
        emissions_decimals,
        sum(unknown_count) as unknown_count,
        cast(if(sum(unknown_count) = 0, sum(area_ha), null) as decimal(28, 9)) as area_sum_ha,
        case
            when count(*) = 1 and not bool_or(has_past) and max(unknown_count) = 0 then max(span_tco2e)
        end as span_tco2e,
        case when count(*) = 1 and not bool_or(has_past) then max(divisor) end as span_years,
        cast({{ sum_or_null('emissions_tco2e', 'unknown_count = 0') }} as decimal(28, 9)) as exact_tco2e,
        string_agg(distinct reason, '; ' order by reason) as reason
    from parts
    group by all
),

stock_changes as (
    select
        * exclude (reason),
        cast(area_sum_ha as decimal(18, 6)) as area_ha,
        case
            when unknown_count = 0 and reason is null
                then cast({{ round_to('exact_tco2e', 'emissions_decimals') }} as decimal(28, 9))
        end as emissions_tco2e,
        case
            when unknown_count > 0 or reason is not null then coalesce(reason, 'an area is not known')
            when exact_tco2e is not null then null
            when emission_timing is null then 'parameter emission_timing is not set'
            when method = 'none' and factor_reason like 'no %' then 'the project declares no emission factors'
            when factor_reason is not null then factor_reason
            else 'a parameter of emission_timing ' || emission_timing || ' is not set'
        end as reason
    from sums
),

rasters as (
    select
        zone_id,
        stratum_id,
        loss_year,
        sum(emissions_tco2e) as emissions_tco2e
    from {{ ref('stg_pixel_emissions') }}
    group by zone_id, stratum_id, loss_year
),

-- A raster knows the emissions of the pixels that the map shows as lost, not those of a baseline or an estimate.
pixels as (
    select
        present.project_id,
        present.rule_set,
        present.scenario,
        present.baseline_version,
        present.scope,
        present.zone_id,
        present.stratum_id,
        present.activity,
        present.from_state,
        present.to_state,
        'total' as pool,
        present.method,
        present.vintage_year as year,
        present.days,
        present.days_in_year,
        cast(present.area_parts as decimal(18, 6)) as area_ha,
        accounts.activity_data_source,
        present.area_reason,
        case
            when present.scenario = 'baseline' or present.area_parts is null then null
            when accounts.activity_data_source = 'sample_estimate' and present.area_parts <> 0 then null
            when rasters.emissions_tco2e is not null then rasters.emissions_tco2e
            when present.area_parts = 0 then 0
        end as emissions_tco2e
    from present
    inner join accounts
        on present.project_id = accounts.project_id and present.rule_set = accounts.rule_set
    left join rasters
        on
            present.scenario = 'monitored'
            and present.zone_id = rasters.zone_id
            and present.stratum_id = rasters.stratum_id
            and present.vintage_year = rasters.loss_year
    where present.method = 'pixel_emissions'
),

explained as (
    select
        * exclude (activity_data_source, area_reason),
        case
            when emissions_tco2e is not null then null
            when area_ha is null then area_reason
            when scenario = 'baseline' then 'an emission raster holds no baseline: it needs emission factors'
            when activity_data_source = 'sample_estimate'
                then 'an emission raster knows no area that a sample estimates: it needs emission factors'
            else 'no emission raster was measured for the lost area'
        end as reason
    from pixels
),

final as (
    select
        project_id,
        rule_set,
        scenario,
        baseline_version,
        scope,
        zone_id,
        stratum_id,
        activity,
        from_state,
        to_state,
        pool,
        year,
        method,
        area_ha,
        emission_factor_tco2e_ha,
        span_tco2e,
        span_years,
        emissions_tco2e,
        days,
        days_in_year,
        reason
    from stock_changes
    union all by name
    select * from explained
)

select * from final
