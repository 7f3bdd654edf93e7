with source as (
    select * from {{ source('landed', 'alert_cluster_zones') }}
),

final as (
    select
        cluster_id,
        zone_id,
        {{ divide('area_um2', '10000000000000000', 0, scale=6, width=18) }} as area_ha
    from source
)

select * from final
