with forest as (
    select * from {{ ref('int_forest_area') }}
),

zones as (
    select * from {{ ref('stg_zones') }}
),

final as (
    select
        forest.zone_id,
        zones.kind,
        zones.zone_name,
        zones.partner,
        forest.year,
        forest.product,
        forest.product_version,
        {{ um2_to_ha('forest.forest_um2') }} as area_ha,
        {{ um2_to_ha('forest.lost_um2') }} as cumulative_loss_ha,
        {{ um2_to_ha('forest.non_forest_um2') }} as non_forest_ha,
        {{ um2_to_ha('forest.nodata_um2') }} as nodata_ha
    from forest
    inner join zones on forest.zone_id = zones.zone_id
)

select * from final
