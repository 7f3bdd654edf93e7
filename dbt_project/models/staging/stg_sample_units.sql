with source as (
    select * from {{ source('landed', 'sample_units') }}
),

final as (
    select
        design_id,
        unit_id,
        step,
        stratum_id,
        zone_id,
        carbon_stratum_id,
        map_class,
        map_loss_year,
        inclusion_probability,
        pixel_row,
        pixel_column,
        longitude,
        latitude,
        area_um2,
        {{ um2_to_ha('area_um2') }} as area_ha
    from source
)

select * from final
