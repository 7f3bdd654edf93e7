with source as (
    select * from {{ source('landed', 'land_cover_area') }}
),

final as (
    select
        zone_id,
        stratum_id,
        cover_class,
        loss_year,
        pixel_rule,
        pixel_count,
        area_um2,
        product,
        product_version,
        base_year,
        last_year
    from source
)

select * from final
