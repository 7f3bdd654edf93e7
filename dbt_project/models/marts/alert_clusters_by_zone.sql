with left_out as (
    select * from {{ ref('stg_alert_clusters_left_out') }}
),

zones as (
    select * from {{ ref('stg_zones') }}
),

parts as (
    select
        clusters.product,
        parts.zone_id,
        count(*) as cluster_count,
        count(*) filter (where clusters.confidence <> 'low') as high_cluster_count,
        cast(sum(parts.area_um2) as decimal(38, 0)) as area_um2,
        cast(sum(parts.low_area_um2) as decimal(38, 0)) as low_area_um2,
        cast(sum(parts.high_area_um2) as decimal(38, 0)) as high_area_um2
    from {{ ref('stg_alert_cluster_zones') }} as parts
    inner join {{ ref('stg_alert_clusters') }} as clusters on parts.cluster_id = clusters.cluster_id
    group by clusters.product, parts.zone_id
),

final as (
    select
        left_out.zone_id,
        zones.kind,
        zones.zone_name,
        left_out.product,
        coalesce(parts.cluster_count, 0) as cluster_count,
        coalesce(parts.high_cluster_count, 0) as high_cluster_count,
        {{ um2_to_ha('coalesce(parts.area_um2, 0)') }} as area_ha,
        {{ um2_to_ha('coalesce(parts.low_area_um2, 0)') }} as low_area_ha,
        {{ um2_to_ha('coalesce(parts.high_area_um2, 0)') }} as high_area_ha,
        left_out.min_cluster_area_ha,
        left_out.cluster_count as left_out_cluster_count,
        left_out.area_ha as left_out_area_ha
    from left_out
    inner join zones on left_out.zone_id = zones.zone_id
    left join parts on left_out.zone_id = parts.zone_id and left_out.product = parts.product
)

select * from final
