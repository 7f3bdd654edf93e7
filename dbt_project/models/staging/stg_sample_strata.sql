with source as (
    select * from {{ source('landed', 'sample_strata') }}
),

final as (
    select
        design_id,
        stratum_id,
        stratum_class,
        map_class,
        zone_id,
        carbon_stratum_id,
        pixel_count,
        area_um2,
        {{ um2_to_ha('area_um2') }} as area_ha,
        drawn_count
    from source
)

select * from final
