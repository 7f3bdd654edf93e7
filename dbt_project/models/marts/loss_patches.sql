with patches as (
    select * from {{ ref('stg_loss_patches') }}
),

zones as (
    select * from {{ ref('stg_zones') }}
),

names as (
    select * from {{ ref('int_driver_names') }}
),

final as (
    select
        patches.patch_id,
        patches.zone_id,
        zones.kind,
        zones.zone_name,
        patches.stratum_id,
        patches.loss_year,
        patches.product,
        patches.product_version,
        patches.pixel_count,
        patches.area_ha,
        patches.patch_pixel_count,
        patches.patch_area_ha,
        patches.is_whole,
        patches.longitude,
        patches.latitude,
        cast(patches.elongation as decimal(18, 2)) as elongation,
        cast(patches.distance_to_road_m as decimal(18, 1)) as distance_to_road_m,
        cast(patches.distance_to_river_m as decimal(18, 1)) as distance_to_river_m,
        cast(patches.distance_to_settlement_m as decimal(18, 1)) as distance_to_settlement_m,
        cast(patches.distance_to_earlier_loss_m as decimal(18, 1)) as distance_to_earlier_loss_m,
        patches.driver_hint,
        names.driver_en as driver_hint_en,
        names.driver_es as driver_hint_es,
        patches.driver_rule,
        patches.unjudged_rules,
        patches.reviewer_label,
        patches.reviewed_by,
        patches.reviewed_on,
        patches.label_illustrative,
        patches.reason
    from patches
    inner join zones on patches.zone_id = zones.zone_id
    inner join names on patches.driver_hint = names.driver
)

select * from final
