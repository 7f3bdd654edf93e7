with source as (
    select * from {{ source('landed', 'alert_cluster_zones') }}
),

final as (
    select
        cluster_id,
        zone_id,
        area_um2,
        low_area_um2,
        high_area_um2,
        {{ um2_to_ha('area_um2') }} as area_ha,
        {{ um2_to_ha('low_area_um2') }} as low_area_ha,
        {{ um2_to_ha('high_area_um2') }} as high_area_ha
    from source
)

select * from final
