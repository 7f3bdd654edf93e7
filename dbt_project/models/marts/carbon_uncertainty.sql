with draws as (
    select * from {{ ref('stg_carbon_uncertainty') }}
),

final as (
    select
        entity_kind,
        entity_id,
        error_source,
        plot_count,
        draw_count,
        seed,
        recorded as recorded_mg_ha,
        mean as mean_mg_ha,
        median as median_mg_ha,
        sd as sd_mg_ha,
        q025 as q025_mg_ha,
        q05 as q05_mg_ha,
        q95 as q95_mg_ha,
        q975 as q975_mg_ha,
        variance_share,
        reason
    from draws
)

select * from final
