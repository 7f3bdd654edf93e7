with units as (
    select * from {{ ref('stg_sample_units') }}
),

strata as (
    select * from {{ ref('stg_sample_strata') }}
),

reference as (
    select * from {{ ref('stg_sample_reference') }}
),

final as (
    select
        units.design_id,
        units.unit_id,
        units.step,
        units.stratum_id,
        strata.stratum_class,
        units.zone_id,
        units.carbon_stratum_id,
        units.map_class,
        units.map_loss_year,
        units.inclusion_probability,
        units.longitude,
        units.latitude,
        units.area_ha,
        reference.outcome,
        reference.reference_class,
        reference.loss_year,
        reference.transition_class,
        reference.label_count,
        reference.resolved_by,
        reference.confidence,
        reference.image_before_date,
        reference.image_after_date,
        reference.reason
    from units
    inner join strata on units.design_id = strata.design_id and units.stratum_id = strata.stratum_id
    inner join reference on units.design_id = reference.design_id and units.unit_id = reference.unit_id
)

select * from final
