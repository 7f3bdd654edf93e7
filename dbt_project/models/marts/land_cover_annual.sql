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
        sum(geodesic_area_ha) as geodesic_area_ha,
        sum(nominal_area_ha) as nominal_area_ha
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
        cast(
            case classes.area_basis when 'nominal' then classes.nominal_area_ha else classes.geodesic_area_ha end
            as decimal(18, 6)
        ) as area_ha,
        classes.area_basis,
        cast(classes.geodesic_area_ha as decimal(18, 6)) as geodesic_area_ha,
        cast(classes.nominal_area_ha as decimal(18, 6)) as nominal_area_ha,
        cast(classes.pixel_count as bigint) as pixel_count,
        classes.pixel_rule,
        case when classes.class_code is null then 'not observed' end as reason
    from classes
    inner join {{ ref('stg_zones') }} as zones on classes.zone_id = zones.zone_id
)

select * from final
