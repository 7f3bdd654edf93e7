with zones as (
    select * from {{ ref('stg_zones') }}
),

vintages as (
    select * from {{ ref('stg_vintages') }}
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
    from {{ ref('stg_land_cover_area') }}
    group by zone_id
),

measured_years as (
    select
        products.zone_id,
        unnest(range(products.base_year + 1, least(products.last_year, year(project.period_end)) + 1)) as year
    from products
    cross join project
),

-- Every year of the monitoring period stands in the table, measured or not.
years as (
    select
        zone_id,
        year
    from measured_years
    union
    select
        zones.zone_id,
        vintages.vintage_year as year
    from zones
    cross join vintages
),

declared as (
    select count(*) > 0 as has_products from products
),

final as (
    select
        zones.zone_id,
        zones.kind,
        zones.zone_name,
        zones.partner,
        years.year,
        products.product,
        products.product_version,
        coalesce(years.year between products.base_year + 1 and products.last_year, false) as is_measured,
        case
            when not declared.has_products then 'no source with forest and its loss is declared'
            when products.zone_id is null then 'zone not measured'
            when years.year not between products.base_year + 1 and products.last_year
                then 'not measured by ' || products.product || ' ' || products.product_version
        end as reason,
        vintages.vintage_year is not null as in_period,
        coalesce(vintages.days, 0) as period_days,
        date_diff('day', make_date(years.year, 1, 1), make_date(years.year + 1, 1, 1)) as days_in_year
    from years
    inner join zones on years.zone_id = zones.zone_id
    left join products on years.zone_id = products.zone_id
    left join vintages on years.year = vintages.vintage_year
    cross join declared
)

select * from final
