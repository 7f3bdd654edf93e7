-- The classes of a sample add up to the area that it was drawn from, on the map and by the estimate, within the
-- rounding of each class; years of loss add up to the loss.
with wholes as (
    select
        design_id,
        zone_id,
        any_value(frame_area_ha) as whole_ha,
        {{ sum_or_null('map_area_ha') }} as map_ha,
        {{ sum_or_null('area_ha') }} as estimate_ha,
        count(*) as part_count
    from {{ ref('stg_area_estimates') }}
    where loss_year is null
    group by design_id, zone_id
),

losses as (
    select
        parts.design_id,
        parts.zone_id,
        any_value(whole.area_ha) as whole_ha,
        {{ sum_or_null('parts.area_ha') }} as estimate_ha,
        count(*) as part_count
    from {{ ref('stg_area_estimates') }} as parts
    inner join {{ ref('stg_area_estimates') }} as whole
        on
            parts.design_id = whole.design_id
            and parts.zone_id = whole.zone_id
            and whole.reference_class = 'loss'
            and whole.loss_year is null
    where parts.loss_year is not null
    group by parts.design_id, parts.zone_id
)

select
    'classes' as parts,
    design_id,
    zone_id,
    whole_ha,
    map_ha,
    estimate_ha
from wholes
where abs(map_ha - whole_ha) > part_count * 0.000001 or abs(estimate_ha - whole_ha) > part_count * 0.000001
union all
select
    'years' as parts,
    design_id,
    zone_id,
    whole_ha,
    null as map_ha,
    estimate_ha
from losses
where abs(estimate_ha - whole_ha) > part_count * 0.000001
