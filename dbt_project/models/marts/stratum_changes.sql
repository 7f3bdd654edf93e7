with changes as (
    select * from {{ ref('stg_stratum_changes') }}
),

final as (
    select
        stratum_id,
        plot_count,
        change_mg_ha_yr,
        sd_mg_ha_yr,
        se_mg_ha_yr,
        ci90_half_width_mg_ha_yr,
        ci95_half_width_mg_ha_yr
    from changes
)

select * from final
