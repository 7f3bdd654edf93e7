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
        patch_count_min_area,
        {{ um2_to_ha('forest_area_um2') }} as forest_ha,
        {{ um2_to_ha('core_area_um2') }} as core_ha,
        {{ um2_to_ha('largest_patch_area_um2') }} as largest_patch_ha,
        {{ um2_to_ha('min_area_um2') }} as min_area_ha,
        {{ um2_to_ha('below_min_area_um2') }} as forest_below_min_area_ha
    from source
)

select * from final
