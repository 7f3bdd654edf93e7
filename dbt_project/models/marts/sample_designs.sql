with final as (
    select
        design_id,
        design_sha256,
        draw,
        seed,
        spacing_pixels,
        first_year,
        last_year,
        product,
        product_version,
        map_sha256,
        loss_buffer_pixels,
        finite_population_correction,
        step_count,
        unit_count,
        pixel_count,
        area_ha,
        unobserved_area_ha,
        specification
    from {{ ref('stg_sample_designs') }}
)

select * from final
