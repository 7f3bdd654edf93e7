with source as (
    select * from {{ source('landed', 'plot_pools') }}
),

final as (
    select
        plot_id,
        census_id,
        stratum_id,
        pool,
        dry_mass_mg_ha,
        carbon_tc_ha,
        measurement_count,
        method,
        complete,
        reason
    from source
)

select * from final
