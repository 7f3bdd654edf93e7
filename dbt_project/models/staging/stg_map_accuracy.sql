with source as (
    select * from {{ source('landed', 'map_accuracy') }}
),

final as (
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
    from source
)

select * from final
