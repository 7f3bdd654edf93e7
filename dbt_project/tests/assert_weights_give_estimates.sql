-- The weights of the units of a class add up to its estimate, within the rounding of each unit.
with weights as (
    select
        design_id,
        reference_class,
        sum(weight_ha) as weight_ha,
        count(*) as unit_count
    from {{ ref('sample_units') }}
    where weight_ha is not null
    group by design_id, reference_class
)

select
    estimates.design_id,
    estimates.reference_class,
    estimates.area_ha,
    weights.weight_ha
from {{ ref('stg_area_estimates') }} as estimates
left join weights
    on estimates.design_id = weights.design_id and estimates.reference_class = weights.reference_class
where
    estimates.zone_id = '*'
    and estimates.loss_year is null
    and estimates.area_ha is not null
    and abs(estimates.area_ha - coalesce(weights.weight_ha, 0)) > (coalesce(weights.unit_count, 0) + 1) * 0.000001
