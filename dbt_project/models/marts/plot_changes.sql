with changes as (
    select * from {{ ref('stg_plot_changes') }}
),

plots as (
    select * from {{ ref('stg_plots') }}
),

final as (
    select
        changes.plot_id,
        changes.census_from,
        changes.census_to,
        first_census.census_date as date_from,
        second_census.census_date as date_to,
        changes.stratum_id,
        changes.years,
        changes.survivor_count,
        changes.recruit_count,
        changes.ongrowth_count,
        changes.death_count,
        changes.missing_count,
        changes.doubtful_count,
        changes.doubtful_mg_ha,
        changes.agb_from_mg_ha,
        changes.growth_mg_ha,
        changes.recruitment_mg_ha,
        changes.mortality_mg_ha,
        changes.agb_to_mg_ha,
        changes.change_mg_ha_yr,
        changes.reason
    from changes
    left join plots as first_census
        on changes.plot_id = first_census.plot_id and changes.census_from = first_census.census_id
    left join plots as second_census
        on changes.plot_id = second_census.plot_id and changes.census_to = second_census.census_id
)

select * from final
