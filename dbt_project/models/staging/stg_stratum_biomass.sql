with source as (
    select * from {{ source('landed', 'stratum_biomass') }}
),

final as (
    select
        stratum_id,
        plot_count,
        agb_mg_ha,
        ci90_half_width_mg_ha
    from source
)

select * from final
