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
        area_um2,
        pixel_rule
    from source
)

select * from final
