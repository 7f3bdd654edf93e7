with source as (
    select * from {{ source('landed', 'alert_clusters') }}
),

final as (
    select
        cluster_id,
        product,
        product_version,
        retrieved_on,
        first_alert,
        last_alert,
        confidence,
        pixel_count,
        {{ um2_to_ha('area_um2') }} as area_ha,
        {{ um2_to_ha('low_area_um2') }} as low_area_ha,
        {{ um2_to_ha('high_area_um2') }} as high_area_ha,
        longitude,
        latitude,
        geometry
    from source
)

select * from final
