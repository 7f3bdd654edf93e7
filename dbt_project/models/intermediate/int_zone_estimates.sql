with zones as (
    select *
    from {{ ref('stg_zones') }}
    where kind in ('project_area', 'leakage_belt')
),

designs as (
    select * from {{ ref('stg_sample_designs') }}
),

losses as (
    select *
    from {{ ref('stg_area_estimates') }}
    where reference_class = 'loss' and loss_year is null
),

joined as (
    select
        zones.zone_id,
        designs.design_id,
        designs.first_year,
        designs.last_year,
        designs.last_year - designs.first_year + 1 as year_count,
        losses.area_ha,
        nullif(losses.ci90_half_width_ha, 0) as ci90_half_width_ha,
        case
            when losses.zone_id is null then 'no sample estimates the loss of zone ' || zones.zone_id
            when losses.area_ha is null then losses.reason
        end as reason
    from zones
    left join losses on zones.zone_id = losses.zone_id
    left join designs on losses.design_id = designs.design_id
),

final as (
    select
        zone_id,
        design_id,
        first_year,
        last_year,
        year_count,
        area_ha,
        -- Null where units of each stratum agree, as where none is loss: an interval of zero is not certainty.
        {{ divide('ci90_half_width_ha', 'area_ha', 6, 6, width=18) }} as u90,
        reason
    from joined
)

select * from final
