-- What may be drawn again instead of an estimate: the usable units of the sample behind the areas of a zone, and the
-- plots behind the stock of a forest. Inputs have the ids that they have in the draws.
with project as (
    select * from {{ ref('stg_project') }}
),

asked as (
    select distinct project_id
    from {{ ref('int_account_rules') }}
    where monte_carlo_resampling = 'bootstrap'
),

zones as (
    select * from {{ ref('stg_zones') }}
    where kind in ('project_area', 'leakage_belt')
),

units as (
    select
        units.design_id,
        units.stratum_id,
        units.unit_id,
        units.zone_id,
        units.area_ha,
        reference.reference_class
    from {{ ref('stg_sample_units') }} as units
    inner join {{ ref('stg_sample_reference') }} as reference
        on units.design_id = reference.design_id and units.unit_id = reference.unit_id
    where reference.reference_class is not null
),

sampled as (
    select
        project.project_id,
        'areas of the sample of ' || zones.zone_id as input_id,
        units.design_id || '/' || units.stratum_id as group_id,
        cast(strata.area_ha as double) as group_size,
        units.unit_id,
        cast(units.area_ha as double) as weight,
        case when units.reference_class = 'loss' and units.zone_id = zones.zone_id then 1.0 else 0.0 end as value
    from project
    inner join asked on project.project_id = asked.project_id
    cross join zones
    cross join units
    inner join {{ ref('stg_sample_strata') }} as strata
        on units.design_id = strata.design_id and units.stratum_id = strata.stratum_id
),

censuses as (
    select
        pools.*,
        row_number() over (
            partition by pools.plot_id
            order by plots.census_date desc, pools.census_id desc
        ) as place
    from {{ ref('stg_plot_pools') }} as pools
    inner join {{ ref('stg_plots') }} as plots
        on pools.plot_id = plots.plot_id and pools.census_id = plots.census_id
    where pools.pool = 'above_ground' and pools.complete
),

plots as (
    select
        project.project_id,
        'stock ' || censuses.stratum_id || '/forest' as input_id,
        'plots/' || censuses.stratum_id as group_id,
        cast(1 as double) as group_size,
        censuses.plot_id as unit_id,
        cast(1 as double) as weight,
        cast(censuses.dry_mass_mg_ha as double) as value
    from project
    inner join asked on project.project_id = asked.project_id
    cross join censuses
    where censuses.place = 1
),

final as (
    select * from sampled
    union all by name
    select * from plots
)

select * from final
