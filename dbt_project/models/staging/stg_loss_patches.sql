with source as (
    select * from {{ source('landed', 'loss_patches') }}
),

final as (
    select
        patch_id,
        zone_id,
        stratum_id,
        product,
        product_version,
        loss_year,
        pixel_count,
        area_um2,
        {{ um2_to_ha('area_um2') }} as area_ha,
        patch_pixel_count,
        {{ um2_to_ha('patch_area_um2') }} as patch_area_ha,
        is_whole,
        longitude,
        latitude,
        elongation,
        distance_to_road_m,
        distance_to_river_m,
        distance_to_settlement_m,
        distance_to_earlier_loss_m,
        driver_hint,
        driver_rule,
        unjudged_rules,
        reviewer_label,
        reviewed_by,
        reviewed_on,
        label_illustrative,
        reason
    from source
)

select * from final
