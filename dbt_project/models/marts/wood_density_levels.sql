with plots as (
    select * from {{ ref('stg_plot_biomass') }}
),

counts as (
    select
        plot_id,
        census_id,
        tree_count,
        unnest(['species', 'genus', 'family', 'plot', 'dataset']) as wood_density_level,
        unnest([
            species_level_count,
            genus_level_count,
            family_level_count,
            plot_mean_level_count,
            tree_count - species_level_count - genus_level_count - family_level_count - plot_mean_level_count
        ]) as level_tree_count
    from plots
),

final as (
    select
        plot_id,
        census_id,
        wood_density_level,
        cast(level_tree_count as bigint) as level_tree_count,
        tree_count as plot_tree_count
    from counts
)

select * from final
