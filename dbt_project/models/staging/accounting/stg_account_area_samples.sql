with source as (
    select * from {{ source('landed', 'account_area_samples') }}
),

final as (
    select
        project_id,
        scope,
        zone_id,
        stratum_id,
        sampling_stratum_id,
        first_year,
        last_year,
        monitoring_years,
        area_ha,
        unit_count,
        loss_count,
        source
    from source
)

select * from final
