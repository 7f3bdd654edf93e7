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
        {{ um2_to_ha('gone_area_um2') }} as gone_area_ha,
        new_pixel_count,
        {{ um2_to_ha('new_area_um2') }} as new_area_ha
    from source
)

select * from final
