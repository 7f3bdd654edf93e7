with source as (
    select * from {{ source('landed', 'stratum_changes') }}
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
    from source
)

select * from final
