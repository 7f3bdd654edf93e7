-- Emissions of deforestation, degradation and enhancement: areas times what each pool loses, in the year of the change
-- or as it decays.
with accounts as (
    select * from {{ ref('int_account_constants') }}
),

-- Numbers stand for the many words of a key, so that a portfolio of thousands of areas is quick.
segments as (
    select
        segments.*,
        row_number() over (
            order by
                segments.project_id,
                segments.rule_set,
                segments.scenario,
                segments.baseline_version,
                segments.vintage_year
        ) as segment_id,
        accounts.emission_timing,
        accounts.longest_window,
        least(accounts.crediting_year, accounts.first_vintage_year) as first_year
    from {{ ref('int_account_segments') }} as segments
    inner join accounts
        on segments.project_id = accounts.project_id and segments.rule_set = accounts.rule_set
),

areas as (
    select
        areas.*,
        dense_rank() over (
            order by
                areas.project_id,
                areas.rule_set,
                areas.scope,
                areas.zone_id,
                areas.stratum_id,
                areas.activity,
                areas.from_state,
                areas.to_state,
                areas.method
        ) as change_id,
        {{ whole('areas.area_parts', 6) }} as area_whole
    from {{ ref('int_account_areas') }} as areas
    where areas.scope in ('project_area', 'leakage_belt')
),

changes as (
    select distinct
        change_id,
        project_id,
        rule_set,
        scope,
        zone_id,
        stratum_id,
        activity,
        from_state,
        to_state,
        method
    from areas
),

present as (
    select
        segments.segment_id,
        areas.change_id,
        areas.method,
        areas.divisor,
        areas.area_whole,
        areas.reason,
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
        segments.segment_id,
        areas.change_id,
        areas.method,
        if(areas.version_days = areas.year_days, areas.divisor, areas.divisor * areas.year_days) as divisor,
        if(areas.version_days = areas.year_days, areas.area_whole, areas.area_whole * areas.version_days) as area_whole,
        areas.reason,
        segments.vintage_year - areas.year as age
    from segments
    inner join areas
        on
            segments.project_id = areas.project_id
            and segments.rule_set = areas.rule_set
            and segments.scenario = areas.scenario
            and segments.vintage_year > areas.year
            and segments.vintage_year - segments.longest_window < areas.year
            and segments.first_year <= areas.year
    where
        segments.emission_timing = 'decay'
        and areas.activity = 'deforestation'
        and (segments.baseline_version <> '*' or segments.scenario = 'monitored')
),

items as (
    select * from present
    where method <> 'pixel_emissions'
    union all
    select * from past
    where method <> 'pixel_emissions'
),

item_reasons as (
    select
        segment_id,
        change_id,
        {{ reasons('reason') }} as reason
    from items
    where reason is not null
    group by segment_id, change_id
),

-- Over how many years a pool of a change is emitted, and what follows it is gained.
change_pools as (
    select
        changes.change_id,
        coalesce(factors.pool, '*') as pool,
        factors.change_tc_ha is not null as is_known,
        {{ whole('factors.from_tc_ha', 9) }} as from_whole,
        {{ whole('factors.to_tc_ha', 9) }} as to_whole,
        {{ whole('factors.co2_molar_mass', 9) }} as co2_whole,
        {{ whole('factors.carbon_molar_mass', 9) }} as carbon_whole,
        factors.emission_factor_tco2e_ha,
        {{ whole('factors.emission_factor_tco2e_ha', 9) }} as factor_whole,
        factors.emission_factor_decimals,
        accounts.emissions_decimals,
        accounts.emission_timing,
        factors.reason,
        {{ from_window('changes.activity', 'factors.pool') }} as from_window,
        {{ to_window('changes.activity') }} as to_window
    from changes
    inner join accounts
        on changes.project_id = accounts.project_id and changes.rule_set = accounts.rule_set
    left join {{ ref('int_account_factors') }} as factors
        on
            changes.project_id = factors.project_id
            and changes.rule_set = factors.rule_set
            and changes.stratum_id = factors.stratum_id
            and changes.from_state = factors.from_state
            and changes.to_state = factors.to_state
),

-- What is emitted of a pool in the year: of the areas within its window, each year's part.
windows as (
    select
        items.segment_id,
        items.change_id,
        change_pools.pool,
        items.divisor,
        coalesce(sum(items.area_whole) filter (where items.age = 0), 0) as present_whole,
        coalesce(sum(items.area_whole) filter (where items.age < change_pools.from_window), 0) as from_area_whole,
        coalesce(sum(items.area_whole) filter (where items.age < change_pools.to_window), 0) as to_area_whole,
        count(*) filter (
            where items.area_whole is null and items.age < greatest(change_pools.from_window, change_pools.to_window)
        ) as unknown_count,
        max(items.age) > 0 as has_past
    from items
    inner join change_pools on items.change_id = change_pools.change_id
    group by items.segment_id, items.change_id, change_pools.pool, items.divisor
),

products as (
    select
        windows.*,
        change_pools.from_whole,
        change_pools.to_whole,
        change_pools.co2_whole,
        change_pools.carbon_whole,
        change_pools.factor_whole,
        change_pools.emission_factor_decimals,
        change_pools.emissions_decimals,
        change_pools.from_window,
        change_pools.to_window,
        change_pools.from_window = 1 and change_pools.to_window = 1 as is_at_once,
        coalesce(change_pools.emission_factor_decimals, change_pools.emissions_decimals) is not null as is_rounded
    from windows
    inner join change_pools
        on windows.change_id = change_pools.change_id and windows.pool = change_pools.pool
),

-- Rounded as a whole span first and then by year, where the rule set rounds.
spans as (
    select
        *,
        case
            when is_rounded and emission_factor_decimals is not null
                then {{ divide_whole('present_whole * factor_whole', '1::hugeint', 6) }}
            when is_rounded or divisor > 1
                then {{ divide_whole('present_whole * (from_whole - to_whole) * co2_whole', 'carbon_whole', 6) }}
        end as span_exact_tco2e
    from products
),

rounded_spans as (
    select
        *,
        cast({{ round_to('span_exact_tco2e', 'emissions_decimals') }} as decimal(28, 9)) as span_tco2e
    from spans
),

parts as (
    select
        *,
        case
            when divisor = 1 then cast(present_whole as decimal(38, 0)) * cast(0.000001 as decimal(7, 6))
            else {{ divide_whole('present_whole * 1000', 'divisor::hugeint') }}
        end as area_ha,
        case
            -- Nothing lost emits nothing, whatever the factor is.
            when from_area_whole = 0 and to_area_whole = 0 then 0
            when is_at_once and is_rounded then {{ divide('span_tco2e', 'divisor', 9) }}
            when is_at_once
                then
                    {{ divide_whole(
                        'present_whole * (from_whole - to_whole) * co2_whole', 'divisor::hugeint * carbon_whole', 6
                    ) }}
            else
                {{ divide_whole(
                    'from_area_whole * from_whole * co2_whole', 'divisor::hugeint * from_window * carbon_whole', 6
                ) }}
                - {{ divide_whole(
                    'to_area_whole * to_whole * co2_whole', 'divisor::hugeint * to_window * carbon_whole', 6
                ) }}
        end as emissions_tco2e
    from rounded_spans
),

-- Rows of spans of different length are added up, each divided by its own years.
sums as (
    select
        segment_id,
        change_id,
        pool,
        sum(unknown_count) as unknown_count,
        cast(if(sum(unknown_count) = 0, sum(area_ha), null) as decimal(18, 6)) as area_ha,
        if(count(*) = 1 and not max(has_past), max(divisor), null) as span_years,
        max(span_tco2e) as span_tco2e,
        cast({{ sum_or_null('emissions_tco2e') }} as decimal(28, 9)) as exact_tco2e
    from parts
    group by segment_id, change_id, pool
),

explained_sums as (
    select
        sums.segment_id,
        sums.change_id,
        sums.pool,
        sums.area_ha,
        sums.span_years,
        change_pools.emission_factor_tco2e_ha,
        segments.reason is null and sums.unknown_count = 0 as is_known,
        sums.span_tco2e,
        cast({{ round_to('sums.exact_tco2e', 'change_pools.emissions_decimals') }} as decimal(28, 9)) as rounded_tco2e,
        case
            when segments.reason is not null then segments.reason
            when sums.unknown_count > 0 then coalesce(item_reasons.reason, 'an area is not known')
            when sums.exact_tco2e is not null then null
            when change_pools.emission_timing is null then 'parameter emission_timing is not set'
            when changes.method = 'none' and change_pools.reason like 'no %'
                then 'the project declares no emission factors'
            when change_pools.reason is not null then change_pools.reason
            else 'a parameter of emission_timing ' || change_pools.emission_timing || ' is not set'
        end as reason
    from sums
    inner join change_pools on sums.change_id = change_pools.change_id and sums.pool = change_pools.pool
    inner join changes on sums.change_id = changes.change_id
    inner join segments on sums.segment_id = segments.segment_id
    left join item_reasons on sums.segment_id = item_reasons.segment_id and sums.change_id = item_reasons.change_id
),

stock_changes as (
    select
        segment_id,
        change_id,
        pool,
        area_ha,
        emission_factor_tco2e_ha,
        span_years,
        if(is_known, rounded_tco2e, null) as emissions_tco2e,
        case
            when not is_known or span_years is null then null
            when span_years = 1 then rounded_tco2e
            else span_tco2e
        end as span_tco2e,
        reason
    from explained_sums
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
        present.segment_id,
        present.change_id,
        'total' as pool,
        cast(present.area_whole as decimal(38, 0)) * cast(0.000001 as decimal(7, 6)) as area_ha,
        segments.scenario,
        accounts.activity_data_source,
        present.reason as area_reason,
        case
            when segments.scenario = 'baseline' or present.area_whole is null then null
            when accounts.activity_data_source = 'sample_estimate' and present.area_whole <> 0 then null
            when rasters.emissions_tco2e is not null then rasters.emissions_tco2e
            when present.area_whole = 0 then 0
        end as emissions_tco2e
    from present
    inner join segments on present.segment_id = segments.segment_id
    inner join changes on present.change_id = changes.change_id
    inner join accounts
        on segments.project_id = accounts.project_id and segments.rule_set = accounts.rule_set
    left join rasters
        on
            segments.scenario = 'monitored'
            and segments.vintage_year = rasters.loss_year
            and changes.zone_id = rasters.zone_id
            and changes.stratum_id = rasters.stratum_id
    where present.method = 'pixel_emissions'
),

explained as (
    select
        segment_id,
        change_id,
        pool,
        cast(area_ha as decimal(18, 6)) as area_ha,
        cast(emissions_tco2e as decimal(28, 9)) as emissions_tco2e,
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

united as (
    select * from stock_changes
    union all by name
    select * from explained
),

final as (
    select
        segments.project_id,
        segments.rule_set,
        segments.scenario,
        segments.baseline_version,
        changes.scope,
        changes.zone_id,
        changes.stratum_id,
        changes.activity,
        changes.from_state,
        changes.to_state,
        united.pool,
        segments.vintage_year as year,
        changes.method,
        united.area_ha,
        united.emission_factor_tco2e_ha,
        united.span_tco2e,
        united.span_years,
        united.emissions_tco2e,
        segments.days,
        segments.days_in_year,
        united.reason
    from united
    inner join segments on united.segment_id = segments.segment_id
    inner join changes on united.change_id = changes.change_id
)

select * from final
