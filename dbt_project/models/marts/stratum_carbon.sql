with strata as (
    select * from {{ ref('stg_stratum_pools') }}
),

biomass as (
    select * from {{ ref('stg_stratum_biomass') }}
),

rules as (
    select * from {{ ref('int_primary_rules') }}
),

land as (
    select * from {{ ref('stg_landscape_pools') }}
),

-- Rounded where carbon_stocks rounds, so that no two tables give one stock with another last digit.
above_ground as (
    select
        biomass.stratum_id,
        cast(
            cast(biomass.agb_mg_ha as decimal(38, 9)) * cast(rules.carbon_fraction as decimal(38, 9)) as decimal(18, 9)
        ) as mean_tc_ha,
        cast(
            cast(biomass.ci90_half_width_mg_ha as decimal(38, 9))
            * cast(rules.carbon_fraction as decimal(38, 9)) as decimal(18, 9)
        ) as ci90_half_width_tc_ha
    from biomass
    cross join rules
),

final as (
    select
        strata.stratum_id,
        strata.pool,
        strata.plot_count,
        cast(null as decimal(18, 6)) as area_ha,
        coalesce(above_ground.mean_tc_ha, strata.mean) as mean_tc_ha,
        strata.sd as sd_tc_ha,
        strata.se as se_tc_ha,
        cast(strata.plot_count - 1 as decimal(18, 9)) as degrees_of_freedom,
        coalesce(above_ground.ci90_half_width_tc_ha, strata.ci90_half_width) as ci90_half_width_tc_ha,
        strata.ci95_half_width as ci95_half_width_tc_ha,
        strata.precision90_percent,
        strata.precision95_percent,
        strata.target_percent,
        strata.target_confidence,
        strata.meets_target,
        strata.plots_needed,
        strata.reason
    from strata
    left join above_ground on strata.stratum_id = above_ground.stratum_id and strata.pool = 'above_ground'
    union all by name
    select
        '*' as stratum_id,
        pool,
        plot_count,
        area_ha,
        mean as mean_tc_ha,
        cast(null as decimal(18, 9)) as sd_tc_ha,
        se as se_tc_ha,
        degrees_of_freedom,
        ci90_half_width as ci90_half_width_tc_ha,
        ci95_half_width as ci95_half_width_tc_ha,
        precision90_percent,
        cast(null as decimal(18, 9)) as precision95_percent,
        cast(null as decimal(18, 9)) as target_percent,
        cast(null as decimal(18, 9)) as target_confidence,
        cast(null as boolean) as meets_target,
        cast(null as bigint) as plots_needed,
        reason
    from land
)

select * from final
