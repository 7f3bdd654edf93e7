with cover as (
    select * from {{ ref('stg_land_cover_area') }}
),

zones as (
    select * from {{ ref('stg_zones') }}
),

project as (
    select * from {{ ref('stg_project') }}
),

products as (
    select
        zone_id,
        any_value(product) as product,
        any_value(product_version) as product_version,
        any_value(base_year) as base_year,
        any_value(last_year) as last_year
    from cover
    group by zone_id
),

years as (
    select
        products.zone_id,
        products.product,
        products.product_version,
        unnest(range(products.base_year, least(products.last_year, year(project.period_end)) + 1)) as year
    from products
    cross join project
),

areas as (
    select
        years.zone_id,
        years.year,
        -- Forest at the end of the year: what was forest at the product's start and had not been lost by then.
        sum(cover.area_ha) filter (
            where cover.cover_class = 'forest' and (cover.loss_year is null or cover.loss_year > years.year)
        ) as forest_ha,
        sum(cover.area_ha) filter (
            where cover.cover_class = 'forest' and cover.loss_year <= years.year
        ) as lost_ha,
        sum(cover.area_ha) filter (where cover.cover_class = 'non_forest') as non_forest_ha,
        sum(cover.area_ha) filter (where cover.cover_class = 'nodata') as nodata_ha
    from years
    inner join cover on years.zone_id = cover.zone_id
    group by years.zone_id, years.year
),

final as (
    select
        years.zone_id,
        zones.kind,
        zones.zone_name,
        zones.partner,
        years.year,
        years.product,
        years.product_version,
        cast(coalesce(areas.forest_ha, 0) as decimal(18, 6)) as area_ha,
        cast(coalesce(areas.lost_ha, 0) as decimal(18, 6)) as cumulative_loss_ha,
        cast(coalesce(areas.non_forest_ha, 0) as decimal(18, 6)) as non_forest_ha,
        cast(coalesce(areas.nodata_ha, 0) as decimal(18, 6)) as nodata_ha
    from years
    inner join zones on years.zone_id = zones.zone_id
    inner join areas on years.zone_id = areas.zone_id and years.year = areas.year
)

select * from final
