with changes as (
    select
        zone_id,
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
        sum(pixel_count) as pixel_count,
        sum(area_um2) as geodesic_um2,
        sum(nominal_area_um2) as nominal_um2
    from {{ ref('stg_class_transition') }}
    group by all
),

final as (
    select
        changes.zone_id,
        zones.kind,
        zones.zone_name,
        changes.product,
        changes.product_version,
        changes.layer,
        changes.year_from,
        changes.year_to,
        changes.class_from,
        changes.class_from_name_en,
        changes.class_from_name_es,
        changes.class_to,
        changes.class_to_name_en,
        changes.class_to_name_es,
        changes.transition_code,
        -- Null where one of the two years was not observed.
        changes.class_from <> changes.class_to as is_change,
        {{ um2_to_ha("if(changes.area_basis = 'nominal', changes.nominal_um2, changes.geodesic_um2)") }} as area_ha,
        changes.area_basis,
        {{ um2_to_ha('changes.geodesic_um2') }} as geodesic_area_ha,
        {{ um2_to_ha('changes.nominal_um2') }} as nominal_area_ha,
        cast(changes.pixel_count as bigint) as pixel_count,
        changes.pixel_rule,
        case
            when changes.class_from is null and changes.class_to is null then 'not observed in either year'
            when changes.class_from is null then 'not observed in ' || changes.year_from
            when changes.class_to is null then 'not observed in ' || changes.year_to
        end as reason
    from changes
    inner join {{ ref('stg_zones') }} as zones on changes.zone_id = zones.zone_id
)

select * from final
