with source as (
    select * from {{ source('landed', 'class_area') }}
),

final as (
    select
        zone_id,
        stratum_id,
        product,
        product_version,
        layer,
        year,
        class_code,
        class_name_en,
        class_name_es,
        pixel_rule,
        area_basis,
        pixel_count,
        area_um2,
        nominal_area_um2
    from source
)

select * from final
