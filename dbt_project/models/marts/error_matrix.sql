with final as (
    select
        design_id,
        zone_id,
        map_class,
        reference_class,
        unit_count,
        area_share
    from {{ ref('stg_error_matrix') }}
)

select * from final
