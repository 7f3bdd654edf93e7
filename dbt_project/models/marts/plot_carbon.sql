with pools as (
    select * from {{ ref('stg_plot_pools') }}
),

plots as (
    select * from {{ ref('stg_plots') }}
),

final as (
    select
        pools.plot_id,
        pools.census_id,
        plots.census_date,
        pools.stratum_id,
        pools.pool,
        pools.dry_mass_mg_ha,
        pools.carbon_tc_ha,
        pools.measurement_count,
        pools.method,
        pools.complete,
        pools.reason
    from pools
    left join plots on pools.plot_id = plots.plot_id and pools.census_id = plots.census_id
)

select * from final
