with zones as (
    select *
    from {{ ref('stg_zones') }}
    where kind in ('project_area', 'leakage_belt')
),

accounts as (
    select constants.*
    from {{ ref('int_account_constants') }} as constants
    inner join {{ ref('stg_project') }} as project on constants.project_id = project.project_id
),

stratum_loss as (
    select * from {{ ref('int_stratum_loss') }}
),

zone_years as (
    select * from {{ ref('int_zone_years') }}
),

estimates as (
    select * from {{ ref('int_zone_estimates') }}
),

spread as (
    select * from {{ ref('int_estimates_spread') }}
),

-- The years of the period, and those since the start of crediting of whose losses something may still be emitted.
counted as (
    select
        accounts.project_id,
        accounts.rule_set,
        accounts.activity_data_source,
        accounts.activity_data_years,
        zones.zone_id,
        zones.kind,
        coalesce(stratum_loss.stratum_id, '*') as stratum_id,
        zone_years.year,
        zone_years.in_period,
        -- A measured zone without forest has no stratum to lose: a measured zero.
        case
            when stratum_loss.stratum_id is not null then {{ um2_to_ha('stratum_loss.area_um2') }}
            when zone_years.is_measured then 0
        end as map_area_ha,
        zone_years.reason as map_reason
    from zones
    cross join accounts
    inner join zone_years
        on
            zones.zone_id = zone_years.zone_id
            and (zone_years.in_period or accounts.crediting_year <= zone_years.year)
    left join stratum_loss on zones.zone_id = stratum_loss.zone_id and zone_years.year = stratum_loss.year
),

joined as (
    select
        counted.*,
        estimates.u90,
        case
            when estimates.area_ha = 0 and spread.area_ha is null and counted.map_area_ha is not null then 0
            else spread.area_ha
        end as estimate_ha,
        case
            when estimates.reason is not null then estimates.reason
            when counted.year not between estimates.first_year and estimates.last_year
                then
                    'the sample ' || estimates.design_id || ' is of the years ' || estimates.first_year || ' to '
                    || estimates.last_year
            when counted.map_reason is not null then counted.map_reason
            when estimates.area_ha = 0 then null
            when counted.activity_data_years is null then 'parameter activity_data_years is not set'
            when not spread.is_complete
                then
                    'the map does not show every year from ' || estimates.first_year || ' to ' || estimates.last_year
                    || ', so that the estimate cannot be shared among them'
            when not coalesce(spread.has_weight, false)
                then
                    'the map shows no loss in zone ' || counted.zone_id
                    || ', so that the estimate cannot be shared among years and strata'
        end as estimate_reason
    from counted
    inner join estimates on counted.zone_id = estimates.zone_id
    left join spread
        on
            counted.rule_set = spread.rule_set
            and counted.zone_id = spread.zone_id
            and counted.stratum_id = spread.stratum_id
            and counted.year = spread.year
),

final as (
    select
        project_id,
        rule_set,
        zone_id,
        kind,
        stratum_id,
        year,
        in_period,
        case activity_data_source
            when 'map_count' then map_area_ha
            when 'sample_estimate' then case when estimate_reason is null then estimate_ha end
        end as area_ha,
        case when activity_data_source = 'sample_estimate' then u90 end as u90,
        case activity_data_source
            when 'map_count' then map_reason
            when 'sample_estimate' then estimate_reason
            else
                coalesce(
                    'unknown choice of parameter activity_data_source: ' || activity_data_source,
                    'parameter activity_data_source is not set'
                )
        end as reason
    from joined
)

select * from final
