with source as (
    select * from {{ source('landed', 'error_matrix') }}
),

final as (
    select
        design_id,
        zone_id,
        map_class,
        reference_class,
        unit_count,
        area_share
    from source
)

select * from final
