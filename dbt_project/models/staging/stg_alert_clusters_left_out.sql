with source as (
    select * from {{ source('landed', 'alert_clusters_left_out') }}
),

final as (
    select
        product,
        zone_id,
        cluster_count,
        {{ um2_to_ha('area_um2') }} as area_ha,
        min_cluster_area_ha
    from source
)

select * from final
