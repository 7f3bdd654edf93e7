with source as (
    select * from {{ source('landed', 'account_burnt_areas') }}
),

final as (
    select
        project_id,
        scenario,
        baseline_version,
        scope,
        zone_id,
        stratum_id,
        year,
        area_ha,
        source
    from source
)

select * from final
