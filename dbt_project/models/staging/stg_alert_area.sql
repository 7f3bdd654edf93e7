with source as (
    select * from {{ source('landed', 'alert_area') }}
),

final as (
    select
        zone_id,
        product,
        product_version,
        retrieved_on,
        alert_date,
        confidence,
        pixel_count,
        {{ divide('area_um2', '10000000000000000', 0, scale=6, width=18) }} as area_ha,
        pixel_rule
    from source
)

select * from final
