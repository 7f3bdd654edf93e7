with source as (
    select * from {{ source('landed', 'baseline_activity') }}
),

final as (
    select
        baseline_version,
        zone_id,
        stratum_id,
        year,
        area_ha
    from source
)

select * from final
