with parts as (
    select * from {{ ref('stg_alert_cluster_zones') }}
),

clusters as (
    select * from {{ ref('stg_alert_clusters') }}
),

zones as (
    select * from {{ ref('stg_zones') }}
),

final as (
    select
        parts.cluster_id,
        parts.zone_id,
        zones.kind,
        zones.zone_name,
        clusters.first_alert,
        clusters.last_alert,
        clusters.confidence,
        parts.area_ha,
        parts.low_area_ha,
        parts.high_area_ha,
        clusters.area_ha as cluster_area_ha
    from parts
    inner join clusters on parts.cluster_id = clusters.cluster_id
    inner join zones on parts.zone_id = zones.zone_id
)

select * from final
