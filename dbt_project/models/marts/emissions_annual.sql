with activity as (
    select * from {{ ref('int_activity_data') }}
),

zones as (
    select * from {{ ref('stg_zones') }}
),

project as (
    select * from {{ ref('stg_project') }}
),

factors as (
    select * from {{ ref('int_emission_factors') }}
),

rules as (
    select * from {{ ref('int_rules_pivoted') }}
),

pixels as (
    select
        zone_id,
        stratum_id,
        loss_year,
        sum(emissions_tco2e) as emissions_tco2e
    from {{ ref('stg_pixel_emissions') }}
    group by zone_id, stratum_id, loss_year
),

joined as (
    select
        activity.*,
        zones.zone_name,
        project.emission_factor_method as method,
        rules.activity_data_source,
        factors.carbon_molar_mass,
        case when project.emission_factor_method = 'stock_change' then factors.emission_factor_tco2e_ha end
            as emission_factor_tco2e_ha,
        cast(activity.area_ha as decimal(38, 6))
        * cast(factors.change_tc_ha as decimal(38, 9))
        * cast(factors.co2_molar_mass as decimal(38, 9)) as carbon_by_molar_mass,
        pixels.emissions_tco2e as pixel_tco2e,
        coalesce(
            factors.reason,
            case when factors.stratum_id is null then 'no carbon stock for stratum ' || activity.stratum_id end
        ) as factor_reason
    from activity
    inner join zones on activity.zone_id = zones.zone_id
    cross join project
    cross join rules
    left join factors on activity.stratum_id = factors.stratum_id
    left join pixels
        on
            activity.scenario = 'monitored'
            and activity.zone_id = pixels.zone_id
            and activity.stratum_id = pixels.stratum_id
            and activity.year = pixels.loss_year
),

computed as (
    select
        *,
        -- Multiplied first, divided last: the published factor is rounded, the emissions are not made from it.
        {{ divide('carbon_by_molar_mass', 'carbon_molar_mass', 24, 9) }} as stock_change_tco2e
    from joined
),

emissions as (
    select
        *,
        case
            when method = 'none' or area_ha is null then null
            when method = 'pixel_emissions' and scenario = 'baseline' then null
            -- A raster knows the emissions of the pixels that the map shows as lost, not those of an estimate.
            when method = 'pixel_emissions' and activity_data_source = 'sample_estimate' and area_ha <> 0 then null
            when method = 'pixel_emissions' and pixel_tco2e is not null then pixel_tco2e
            -- Nothing lost emits nothing, whatever the factor is.
            when area_ha = 0 then 0
            when method = 'stock_change' then stock_change_tco2e
        end as emissions_tco2e
    from computed
),

final as (
    select
        zone_id,
        kind,
        zone_name,
        stratum_id,
        year,
        scenario,
        method,
        area_ha,
        emission_factor_tco2e_ha,
        cast(emissions_tco2e as decimal(28, 9)) as emissions_tco2e,
        case
            when emissions_tco2e is not null then null
            when method = 'none' then 'the project declares no emission factors'
            when area_ha is null then reason
            when method = 'pixel_emissions' and scenario = 'baseline'
                then 'an emission raster holds no baseline: it needs emission factors'
            when method = 'pixel_emissions' and activity_data_source = 'sample_estimate'
                then 'an emission raster knows no area that a sample estimates: it needs emission factors'
            when method = 'pixel_emissions' then 'no emission raster was measured for the lost area'
            else factor_reason
        end as reason
    from emissions
)

select * from final
