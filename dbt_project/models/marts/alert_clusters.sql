with clusters as (
    select * from {{ ref('stg_alert_clusters') }}
),

final as (
    select
        cluster_id,
        product,
        product_version,
        retrieved_on,
        first_alert,
        last_alert,
        1 + date_diff('day', first_alert, last_alert) as days,
        confidence,
        pixel_count,
        area_ha,
        low_area_ha,
        high_area_ha,
        longitude,
        latitude,
        geometry as geometry_geojson
    from clusters
)

select * from final
