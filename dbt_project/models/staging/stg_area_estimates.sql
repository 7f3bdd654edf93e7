with source as (
    select * from {{ source('landed', 'area_estimates') }}
),

final as (
    select
        design_id,
        zone_id,
        reference_class,
        loss_year,
        estimator,
        unit_count,
        class_unit_count,
        degrees_of_freedom,
        frame_area_ha,
        map_area_ha,
        area_ha,
        se_ha,
        ci90_half_width_ha,
        ci95_half_width_ha,
        t_two_sided_90,
        mpl_years,
        area_ha_per_year,
        unseen_upper95_ha,
        reason
    from source
)

select * from final
