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
        -- Rounded here once, to 0.01 square metres, so that every later sum is exact and classes add up to their zone.
        {{ divide('area_um2', '10000000000000000', 0, scale=6, width=18) }} as area_ha,
        product,
        product_version,
        base_year,
        last_year
    from source
)

select * from final
