with zones as (
    select * from {{ ref('stg_zones') }}
),

project as (
    select * from {{ ref('stg_project') }}
),

forest_cover as (
    select * from {{ ref('forest_cover_annual') }}
),

-- Forest on the eve of crediting; null where the product begins later or ends earlier.
at_start as (
    select
        forest_cover.zone_id,
        forest_cover.year,
        forest_cover.area_ha
    from forest_cover
    inner join project on forest_cover.year = year(project.crediting_start) - 1
),

measured as (
    select
        zone_id,
        sum(area_um2) as measured_um2
    from {{ ref('stg_land_cover_area') }}
    group by zone_id
),

final as (
    select
        zones.zone_id,
        zones.kind,
        zones.zone_name,
        zones.partner,
        zones.boundary_version,
        zones.area_ha,
        {{ um2_to_ha('measured.measured_um2') }} as measured_area_ha,
        at_start.year as forest_start_year,
        at_start.area_ha as forest_start_ha,
        zones.illustrative,
        zones.boundary_sha256
    from zones
    left join measured on zones.zone_id = measured.zone_id
    left join at_start on zones.zone_id = at_start.zone_id
)

select * from final
