with changes as (
    select * from {{ ref('stg_alert_changes') }}
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
        gone_area_ha,
        new_pixel_count,
        new_area_ha
    from changes
)

select * from final
