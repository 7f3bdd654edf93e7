with source as (
    select * from {{ source('landed', 'fragmentation') }}
),

final as (
    select
        zone_id,
        year,
        product,
        product_version,
        edge_depth_m,
        forest_area_um2,
        core_area_um2,
        edge_length_um,
        patch_count,
        {{ divide('forest_area_um2', '10000000000000000', 0, scale=6, width=18) }} as forest_ha,
        {{ divide('core_area_um2', '10000000000000000', 0, scale=6, width=18) }} as core_ha,
        {{ divide('largest_patch_area_um2', '10000000000000000', 0, scale=6, width=18) }} as largest_patch_ha
    from source
)

select * from final
