with units as (
    select * from {{ ref('stg_sample_units') }}
),

strata as (
    select * from {{ ref('stg_sample_strata') }}
),

designs as (
    select * from {{ ref('stg_sample_designs') }}
),

reference as (
    select * from {{ ref('stg_sample_reference') }}
),

-- Only designs of which something could be estimated.
estimators as (
    select
        design_id,
        estimator
    from {{ ref('stg_area_estimates') }}
    where zone_id = '*' and reference_class = 'loss' and loss_year is null and area_ha is not null
),

joined as (
    select
        units.*,
        strata.stratum_class,
        reference.outcome,
        reference.reference_class,
        reference.loss_year,
        reference.transition_class,
        reference.label_count,
        reference.resolved_by,
        reference.confidence,
        reference.image_before_date,
        reference.image_after_date,
        reference.reason,
        estimators.estimator,
        reference.outcome in ('single', 'agreed', 'resolved') as is_usable,
        case when estimators.estimator = 'simple' then '*' else units.stratum_id end as weighted_in,
        case when estimators.estimator = 'simple' then designs.area_ha else strata.area_ha end as weighted_ha
    from units
    inner join strata on units.design_id = strata.design_id and units.stratum_id = strata.stratum_id
    inner join designs on units.design_id = designs.design_id
    inner join reference on units.design_id = reference.design_id and units.unit_id = reference.unit_id
    left join estimators on units.design_id = estimators.design_id
),

weighted as (
    select
        *,
        cast(
            case when is_usable and estimator is not null then area_um2 end as decimal(38, 6)
        ) * weighted_ha as area_by_area,
        cast(
            sum(area_um2) filter (where is_usable) over (partition by design_id, weighted_in) as decimal(38, 0)
        ) as usable_um2
    from joined
),

final as (
    select
        design_id,
        unit_id,
        step,
        stratum_id,
        stratum_class,
        zone_id,
        carbon_stratum_id,
        map_class,
        map_loss_year,
        inclusion_probability,
        longitude,
        latitude,
        area_ha,
        {{ divide('area_by_area', 'usable_um2', 12, scale=6, width=18) }} as weight_ha,
        outcome,
        reference_class,
        loss_year,
        transition_class,
        label_count,
        resolved_by,
        confidence,
        image_before_date,
        image_after_date,
        reason
    from weighted
)

select * from final
