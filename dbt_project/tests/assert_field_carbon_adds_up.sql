-- Permanent plots: then, plus what grew and came, less what died, is now. Dead wood is its two parts. A null says why.
with changes as (
    select
        plot_id || ' ' || census_from || ' to ' || census_to as entity,
        'censuses do not add up' as problem
    from {{ ref('plot_changes') }}
    where agb_from_mg_ha + growth_mg_ha + recruitment_mg_ha - mortality_mg_ha <> agb_to_mg_ha
),

dead_wood as (
    select
        plot_id || ' ' || census_id as entity,
        'dead wood is not the sum of its parts' as problem
    from {{ ref('plot_carbon') }}
    where pool in ('dead_wood', 'dead_wood_standing', 'dead_wood_lying')
    group by plot_id, census_id
    having
        abs(
            max(dry_mass_mg_ha) filter (where pool = 'dead_wood')
            - max(dry_mass_mg_ha) filter (where pool = 'dead_wood_standing')
            - max(dry_mass_mg_ha) filter (where pool = 'dead_wood_lying')
        ) > 0.000000002
),

silent_plots as (
    select
        plot_id || ' ' || census_id || ' ' || pool as entity,
        'null without a reason' as problem
    from {{ ref('plot_carbon') }}
    where reason is null and (carbon_tc_ha is null or not complete)
),

silent_strata as (
    select
        stratum_id || ' ' || pool as entity,
        'null without a reason' as problem
    from {{ ref('stratum_carbon') }}
    where reason is null and (mean_tc_ha is null or se_tc_ha is null)
),

intervals as (
    select
        entity_kind || ' ' || entity_id || ' ' || error_source as entity,
        'limits of the intervals are out of order' as problem
    from {{ ref('carbon_uncertainty') }}
    where
        not (
            q025_mg_ha <= q05_mg_ha
            and q05_mg_ha <= median_mg_ha
            and median_mg_ha <= q95_mg_ha
            and q95_mg_ha <= q975_mg_ha
        )
)

select * from changes
union all
select * from dead_wood
union all
select * from silent_plots
union all
select * from silent_strata
union all
select * from intervals
