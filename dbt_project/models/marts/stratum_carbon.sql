with strata as (
    select * from {{ ref('stg_stratum_pools') }}
),

land as (
    select * from {{ ref('stg_landscape_pools') }}
),

final as (
    select
        stratum_id,
        pool,
        plot_count,
        cast(null as decimal(18, 6)) as area_ha,
        mean as mean_tc_ha,
        sd as sd_tc_ha,
        se as se_tc_ha,
        cast(plot_count - 1 as decimal(18, 9)) as degrees_of_freedom,
        ci90_half_width as ci90_half_width_tc_ha,
        ci95_half_width as ci95_half_width_tc_ha,
        precision90_percent,
        precision95_percent,
        target_percent,
        target_confidence,
        meets_target,
        plots_needed,
        reason
    from strata
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
