with source as (
    select * from {{ source('landed', 'class_transition') }}
),

final as (
    select
        zone_id,
        stratum_id,
        product,
        product_version,
        layer,
        year_from,
        year_to,
        class_from,
        class_to,
        transition_code,
        class_from_name_en,
        class_from_name_es,
        class_to_name_en,
        class_to_name_es,
        pixel_rule,
        area_basis,
        pixel_count,
        -- Rounded here once, to 0.01 square metres, so that every later sum is exact.
        {{ divide('area_um2', '10000000000000000', 0, scale=6, width=18) }} as geodesic_area_ha,
        {{ divide('nominal_area_um2', '10000000000000000', 0, scale=6, width=18) }} as nominal_area_ha
    from source
)

select * from final
