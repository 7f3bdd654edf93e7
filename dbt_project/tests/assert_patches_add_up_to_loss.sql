-- The patches of a zone, stratum and year are the forest lost there, to the last square micrometre.
with asked as (
    select * from {{ ref('stg_batches') }}
    where dataset = 'loss_patches'
),

patches as (
    select
        zone_id,
        stratum_id,
        loss_year,
        sum(pixel_count) as pixel_count,
        sum(area_um2) as area_um2
    from {{ ref('stg_loss_patches') }}
    group by zone_id, stratum_id, loss_year
),

loss as (
    select
        cover.zone_id,
        cover.stratum_id,
        cover.loss_year,
        cover.pixel_count,
        cover.area_um2
    from {{ source('landed', 'land_cover_area') }} as cover
    inner join {{ ref('stg_vintages') }} as vintages on cover.loss_year = vintages.vintage_year
    cross join asked
    where cover.cover_class = 'forest'
)

select
    coalesce(loss.zone_id, patches.zone_id) as zone_id,
    coalesce(loss.stratum_id, patches.stratum_id) as stratum_id,
    coalesce(loss.loss_year, patches.loss_year) as loss_year,
    loss.area_um2 as loss_um2,
    patches.area_um2 as patches_um2
from loss
full outer join patches
    on
        loss.zone_id = patches.zone_id
        and loss.stratum_id = patches.stratum_id
        and loss.loss_year = patches.loss_year
where
    loss.area_um2 is distinct from patches.area_um2
    or loss.pixel_count is distinct from patches.pixel_count
