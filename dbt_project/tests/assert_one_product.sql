-- Versions of a product are never mixed inside one time series.
select
    count(distinct (product, product_version)) as products,
    count(distinct (base_year, last_year)) as spans
from {{ ref('stg_land_cover_area') }}
having count(distinct (product, product_version)) > 1 or count(distinct (base_year, last_year)) > 1
