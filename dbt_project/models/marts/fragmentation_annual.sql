with shapes as (
    select * from {{ ref('stg_fragmentation') }}
),

zones as (
    select * from {{ ref('stg_zones') }}
),

measured as (
    select
        zone_id,
        cast(sum(area_um2) as decimal(38, 0)) as area_um2
    from {{ ref('stg_land_cover_area') }}
    group by zone_id
),

joined as (
    select
        shapes.*,
        zones.kind,
        zones.zone_name,
        measured.area_um2 as zone_um2,
        -- Micrometres over square micrometres: a metre a hectare is 1e6 over 1e16.
        cast(shapes.edge_length_um as decimal(38, 0)) * cast('10000000000' as decimal(38, 0)) as edge_by_ha,
        cast(shapes.core_area_um2 as decimal(38, 0)) * 100 as core_by_hundred,
        shapes.patch_count * cast('10000000000000000' as decimal(38, 0)) as patches_by_ha
    from shapes
    inner join zones on shapes.zone_id = zones.zone_id
    inner join measured on shapes.zone_id = measured.zone_id
),

final as (
    select
        zone_id,
        kind,
        zone_name,
        year,
        product,
        product_version,
        edge_depth_m,
        forest_ha,
        core_ha,
        cast(forest_ha - core_ha as decimal(18, 6)) as edge_ha,
        {{ divide('core_by_hundred', 'forest_area_um2', 0, scale=6, width=18) }} as core_share_percent,
        -- Micrometres are metres with six decimals.
        {{ divide('edge_length_um', '1', 6, scale=3, width=18) }} as edge_length_m,
        {{ divide('edge_by_ha', 'zone_um2', 0, scale=6, width=18) }} as edge_density_m_ha,
        patch_count,
        min_area_ha,
        patch_count_min_area,
        forest_below_min_area_ha,
        largest_patch_ha,
        {{ divide('forest_area_um2', 'patches_by_ha', 0, scale=6, width=18) }} as mean_patch_ha,
        case when forest_area_um2 = 0 then 'no forest in the zone' end as reason
    from joined
)

select * from final
