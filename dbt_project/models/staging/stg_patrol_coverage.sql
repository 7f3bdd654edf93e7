with source as (
    select * from {{ source('landed', 'patrol_coverage') }}
),

final as (
    select
        zone_id,
        month,
        cell_m,
        cell_count,
        visited_cell_count,
        distance_km
    from source
)

select * from final
