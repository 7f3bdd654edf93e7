with zones as (
    select *
    from {{ ref('stg_zones') }}
    where kind in ('project_area', 'leakage_belt')
),

period as (
    select
        min(vintage_year) as first_year,
        max(vintage_year) as last_year
    from {{ ref('stg_vintages') }}
),

rules as (
    select * from {{ ref('int_primary_rules') }}
),

zone_estimates as (
    select * from {{ ref('int_zone_estimates') }}
),

estimates as (
    select * from {{ ref('stg_area_estimates') }}
),

-- The years that the areas of a zone are about: those of its sample, or else those that the period touches.
spans as (
    select
        zones.zone_id,
        zones.kind,
        zones.zone_name,
        zone_estimates.design_id,
        coalesce(zone_estimates.first_year, period.first_year) as first_year,
        coalesce(zone_estimates.last_year, period.last_year) as last_year
    from zones
    inner join zone_estimates on zones.zone_id = zone_estimates.zone_id
    cross join period
),

measured as (
    select
        spans.zone_id,
        spans.first_year,
        spans.last_year,
        coalesce(
            any_value(cover.base_year) < spans.first_year and any_value(cover.last_year) >= spans.last_year, false
        ) as is_measured,
        cast(
            coalesce(
                sum(cover.area_um2) filter (
                    where
                    cover.cover_class = 'forest' and cover.loss_year between spans.first_year and spans.last_year
                ), 0
            ) as decimal(38, 0)
        ) as loss_um2,
        cast(
            coalesce(
                sum(cover.area_um2) filter (
                    where
                    cover.cover_class = 'forest' and (cover.loss_year is null or cover.loss_year > spans.last_year)
                ), 0
            ) as decimal(38, 0)
        ) as stable_forest_um2,
        cast(
            coalesce(
                sum(cover.area_um2) filter (
                    where
                    cover.cover_class = 'non_forest'
                    or (cover.cover_class = 'forest' and cover.loss_year < spans.first_year)
                ), 0
            ) as decimal(38, 0)
        ) as stable_non_forest_um2
    from spans
    left join {{ ref('stg_land_cover_area') }} as cover on spans.zone_id = cover.zone_id
    group by spans.zone_id, spans.first_year, spans.last_year
),

counted as (
    select
        zone_id,
        'loss' as activity_class,
        case when is_measured then loss_um2 end as map_um2
    from measured
    union all
    select
        zone_id,
        'stable_forest' as activity_class,
        case when is_measured then stable_forest_um2 end as map_um2
    from measured
    union all
    select
        zone_id,
        'stable_non_forest' as activity_class,
        case when is_measured then stable_non_forest_um2 end as map_um2
    from measured
),

counted_ha as (
    select
        zone_id,
        activity_class,
        {{ um2_to_ha('map_um2') }} as map_area_ha
    from counted
),

-- A gain is known to the sample alone: the forest loss series holds none.
classes as (
    select
        zone_id,
        activity_class
    from counted
    union
    select
        zone_estimates.zone_id,
        estimates.reference_class as activity_class
    from zone_estimates
    inner join estimates
        on zone_estimates.design_id = estimates.design_id and zone_estimates.zone_id = estimates.zone_id
),

ledger_years as (
    select
        zone_id,
        year,
        cast({{ sum_or_null('area_ha') }} as decimal(18, 6)) as area_ha,
        {{ reasons('reason') }} as reason
    from {{ ref('int_monitored_area') }}
    where in_period and rule_set in (select project.rule_set from {{ ref('stg_project') }} as project)
    group by zone_id, year
),

ledger_totals as (
    select
        zone_id,
        cast({{ sum_or_null('area_ha') }} as decimal(18, 6)) as area_ha,
        {{ reasons('reason') }} as reason
    from ledger_years
    group by zone_id
),

whole as (
    select
        spans.zone_id,
        classes.activity_class,
        cast(null as bigint) as year,
        -- The estimate is of the pixels that the sample was drawn from; so is the map's area beside it.
        coalesce(estimates.map_area_ha, counted_ha.map_area_ha) as map_area_ha,
        ledger_totals.area_ha as ledger_area_ha,
        ledger_totals.reason as ledger_reason
    from spans
    inner join classes on spans.zone_id = classes.zone_id
    left join counted_ha
        on classes.zone_id = counted_ha.zone_id and classes.activity_class = counted_ha.activity_class
    left join estimates
        on
            spans.design_id = estimates.design_id
            and spans.zone_id = estimates.zone_id
            and classes.activity_class = estimates.reference_class
            and estimates.loss_year is null
    left join ledger_totals on classes.zone_id = ledger_totals.zone_id and classes.activity_class = 'loss'
),

span_years as (
    select
        zone_id,
        unnest(range(first_year, last_year + 1)) as year
    from spans
),

annual as (
    select
        span_years.zone_id,
        'loss' as activity_class,
        span_years.year,
        loss.area_ha as map_area_ha,
        ledger_years.area_ha as ledger_area_ha,
        ledger_years.reason as ledger_reason
    from span_years
    left join {{ ref('deforestation_annual') }} as loss
        on span_years.zone_id = loss.zone_id and span_years.year = loss.year
    left join ledger_years on span_years.zone_id = ledger_years.zone_id and span_years.year = ledger_years.year
),

grain as (
    select * from whole
    union all
    select * from annual
),

joined as (
    select
        grain.*,
        spans.kind,
        spans.zone_name,
        spans.design_id,
        spans.first_year,
        spans.last_year,
        estimates.estimator,
        estimates.unit_count,
        estimates.class_unit_count,
        estimates.area_ha as estimate_ha,
        estimates.se_ha,
        estimates.ci90_half_width_ha,
        estimates.ci95_half_width_ha,
        estimates.degrees_of_freedom,
        estimates.t_two_sided_90,
        estimates.mpl_years,
        estimates.area_ha_per_year,
        estimates.unseen_upper95_ha,
        rules.activity_data_source,
        100 * cast(nullif(estimates.ci90_half_width_ha, 0) as decimal(38, 6)) as half_width_by_hundred,
        100 * cast(estimates.area_ha - grain.map_area_ha as decimal(38, 6)) as difference_by_hundred,
        case
            when spans.design_id is null then 'no sample estimates the areas of zone ' || spans.zone_id
            when estimates.zone_id is not null then estimates.reason
            else 'the sample does not estimate the loss of single years'
        end as estimate_reason
    from grain
    inner join spans on grain.zone_id = spans.zone_id
    cross join rules
    left join estimates
        on
            spans.design_id = estimates.design_id
            and spans.zone_id = estimates.zone_id
            and grain.activity_class = estimates.reference_class
            and grain.year is not distinct from estimates.loss_year
),

final as (
    select
        zone_id,
        kind,
        zone_name,
        activity_class,
        year,
        first_year,
        last_year,
        map_area_ha,
        estimate_ha as estimate_area_ha,
        se_ha,
        cast(estimate_ha - ci90_half_width_ha as decimal(18, 6)) as ci90_low_ha,
        cast(estimate_ha + ci90_half_width_ha as decimal(18, 6)) as ci90_high_ha,
        cast(estimate_ha - ci95_half_width_ha as decimal(18, 6)) as ci95_low_ha,
        cast(estimate_ha + ci95_half_width_ha as decimal(18, 6)) as ci95_high_ha,
        {{ divide('half_width_by_hundred', 'estimate_ha', 6, 6, width=18) }} as u90_percent,
        cast(estimate_ha - map_area_ha as decimal(18, 6)) as difference_ha,
        {{ divide('difference_by_hundred', 'map_area_ha', 6, 6, width=18) }} as difference_percent,
        case
            when ci95_half_width_ha > 0 then abs(estimate_ha - map_area_ha) > ci95_half_width_ha
        end as map_outside_ci95,
        unit_count,
        class_unit_count,
        degrees_of_freedom,
        t_two_sided_90,
        mpl_years,
        area_ha_per_year as estimate_ha_per_year,
        unseen_upper95_ha,
        design_id,
        estimator,
        activity_data_source as source,
        ledger_area_ha,
        {{ join_reasons(['estimate_reason', 'ledger_reason']) }} as reason
    from joined
)

select * from final
