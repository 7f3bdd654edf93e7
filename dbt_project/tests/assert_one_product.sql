-- Versions of a product are never mixed inside one time series.
with products as (
    select distinct
        product,
        product_version,
        base_year,
        last_year
    from {{ ref('stg_land_cover_area') }}
)

select count(*) as products
from products
having count(*) > 1
