with source as (
    select * from {{ source('landed', 'alert_changes') }}
),

final as (
    select
        product,
        product_version,
        series,
        retrieved_before,
        retrieved_after,
        sha256_before,
        sha256_after,
        confidence,
        gone_pixel_count,
        {{ divide('gone_area_um2', '10000000000000000', 0, scale=6, width=18) }} as gone_area_ha,
        new_pixel_count,
        {{ divide('new_area_um2', '10000000000000000', 0, scale=6, width=18) }} as new_area_ha
    from source
)

select * from final
