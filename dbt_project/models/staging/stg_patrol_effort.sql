with source as (
    select * from {{ source('landed', 'patrol_effort') }}
),

final as (
    select
        patrol_id,
        started_on,
        ended_on,
        declared_days,
        first_at,
        last_at,
        patrol_days,
        hours,
        distance_km,
        point_count,
        outside_count,
        junk_count,
        duplicate_count,
        outlier_count,
        gap_count,
        cell_count,
        same_as,
        method,
        reason
    from source
)

select * from final
