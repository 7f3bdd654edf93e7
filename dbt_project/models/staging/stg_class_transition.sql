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
        area_um2,
        nominal_area_um2
    from source
)

select * from final
