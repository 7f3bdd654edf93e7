with source as (
    select * from {{ source('landed', 'plot_changes') }}
),

final as (
    select
        plot_id,
        census_from,
        census_to,
        stratum_id,
        years,
        survivor_count,
        recruit_count,
        ongrowth_count,
        death_count,
        missing_count,
        doubtful_count,
        doubtful_mg_ha,
        agb_from_mg_ha,
        agb_to_mg_ha,
        growth_mg_ha,
        recruitment_mg_ha,
        mortality_mg_ha,
        change_mg_ha_yr,
        reason
    from source
)

select * from final
