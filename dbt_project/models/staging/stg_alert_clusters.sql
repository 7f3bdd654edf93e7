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
        {{ divide('area_um2', '10000000000000000', 0, scale=6, width=18) }} as area_ha,
        longitude,
        latitude,
        geometry
    from source
)

select * from final
