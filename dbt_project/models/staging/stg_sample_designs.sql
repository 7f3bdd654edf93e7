with source as (
    select * from {{ source('landed', 'sample_designs') }}
),

final as (
    select
        design_id,
        design_sha256,
        period_id,
        draw,
        seed,
        spacing_pixels,
        first_year,
        last_year,
        product,
        product_version,
        loss_buffer_pixels,
        finite_population_correction,
        step_count,
        unit_count,
        pixel_count,
        area_um2,
        {{ um2_to_ha('area_um2') }} as area_ha,
        unobserved_area_um2,
        {{ um2_to_ha('unobserved_area_um2') }} as unobserved_area_ha,
        map_sha256,
        specification
    from source
)

select * from final
