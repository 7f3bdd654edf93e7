with cover as (
    select * from {{ ref('stg_land_cover_area') }}
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

final as (
    select
        years.zone_id,
        years.year,
        years.product,
        years.product_version,
        -- Forest at the end of the year: what was forest at the product's start and had not been lost by then.
        cast(coalesce(sum(cover.area_um2) filter (
            where cover.cover_class = 'forest' and (cover.loss_year is null or cover.loss_year > years.year)
        ), 0) as decimal(38, 0)) as forest_um2,
        cast(coalesce(sum(cover.area_um2) filter (
            where cover.cover_class = 'forest' and cover.loss_year <= years.year
        ), 0) as decimal(38, 0)) as lost_um2,
        cast(coalesce(sum(cover.area_um2) filter (
            where cover.cover_class = 'non_forest'
        ), 0) as decimal(38, 0)) as non_forest_um2,
        cast(coalesce(sum(cover.area_um2) filter (
            where cover.cover_class = 'nodata'
        ), 0) as decimal(38, 0)) as nodata_um2
    from years
    inner join cover on years.zone_id = cover.zone_id
    group by years.zone_id, years.year, years.product, years.product_version
)

select * from final
