with final as (
    select
        design_id,
        zone_id,
        measure,
        map_class,
        unit_count,
        accuracy,
        se,
        ci90_half_width,
        ci95_half_width,
        reason
    from {{ ref('stg_map_accuracy') }}
)

select * from final
