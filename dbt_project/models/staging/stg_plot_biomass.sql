with source as (
    select * from {{ source('landed', 'plot_biomass') }}
),

final as (
    select
        plot_id,
        census_id,
        stratum_id,
        tree_count,
        species_level_count,
        genus_level_count,
        family_level_count,
        plot_mean_level_count,
        trees_set_aside,
        complete
    from source
)

select * from final
