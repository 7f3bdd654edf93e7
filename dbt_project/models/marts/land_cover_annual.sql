with classes as (
    select
        zone_id,
        product,
        product_version,
        layer,
        year,
        class_code,
        class_name_en,
        class_name_es,
        pixel_rule,
        area_basis,
        sum(pixel_count) as pixel_count,
        sum(area_um2) as geodesic_um2,
        sum(nominal_area_um2) as nominal_um2
    from {{ ref('stg_class_area') }}
    group by all
),

final as (
    select
        classes.zone_id,
        zones.kind,
        zones.zone_name,
        classes.product,
        classes.product_version,
        classes.layer,
        classes.year,
        classes.class_code,
        classes.class_name_en,
        classes.class_name_es,
        {{ um2_to_ha("if(classes.area_basis = 'nominal', classes.nominal_um2, classes.geodesic_um2)") }} as area_ha,
        classes.area_basis,
        {{ um2_to_ha('classes.geodesic_um2') }} as geodesic_area_ha,
        {{ um2_to_ha('classes.nominal_um2') }} as nominal_area_ha,
        cast(classes.pixel_count as bigint) as pixel_count,
        classes.pixel_rule,
        case when classes.class_code is null then 'not observed' end as reason
    from classes
    inner join {{ ref('stg_zones') }} as zones on classes.zone_id = zones.zone_id
)

select * from final
