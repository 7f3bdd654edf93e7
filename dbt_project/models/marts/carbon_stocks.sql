with pools as (
    select * from {{ ref('stg_carbon_pools') }}
),

parameters as (
    select * from {{ ref('stg_parameters') }}
),

rules as (
    select * from {{ ref('int_primary_rules') }}
),

plots as (
    select * from {{ ref('stg_stratum_biomass') }}
),

other_pools as (
    select * from {{ ref('stg_stratum_pools') }}
    where pool <> 'above_ground'
),

direct as (
    select
        pools.stratum_id,
        pools.state,
        pools.pool,
        pools.method,
        pools.parameter_id,
        pools.source,
        cast(
            case
                when pools.method = 'table' then pools.stock_tc_ha
                when pools.method = 'plots' and pools.pool = 'above_ground'
                    then cast(plots.agb_mg_ha as decimal(38, 9)) * cast(rules.carbon_fraction as decimal(38, 9))
                when pools.method = 'plots' then other_pools.mean
            end as decimal(18, 9)
        ) as stock_tc_ha,
        cast(
            case
                when pools.method = 'plots' and pools.pool = 'above_ground'
                    then
                        cast(plots.ci90_half_width_mg_ha as decimal(38, 9))
                        * cast(rules.carbon_fraction as decimal(38, 9))
                when pools.method = 'plots' then other_pools.ci90_half_width
            end as decimal(18, 9)
        ) as ci90_half_width_tc_ha,
        case
            when pools.method = 'plots' and pools.pool = 'above_ground' then plots.plot_count
            when pools.method = 'plots' then other_pools.plot_count
        end as plot_count,
        case
            when pools.method = 'plots' and pools.pool = 'above_ground' and plots.stratum_id is null
                then 'no complete plot in stratum ' || pools.stratum_id
            when pools.method = 'plots' and pools.pool <> 'above_ground' and other_pools.stratum_id is null
                then 'no complete measurement of ' || pools.pool || ' in stratum ' || pools.stratum_id
        end as reason
    from pools
    cross join rules
    left join plots on pools.stratum_id = plots.stratum_id
    left join other_pools on pools.stratum_id = other_pools.stratum_id and pools.pool = other_pools.pool
),

above_ground as (
    select * from direct
    where pool = 'above_ground'
),

ratios as (
    select
        direct.*,
        above_ground.stock_tc_ha as base_tc_ha,
        above_ground.ci90_half_width_tc_ha as base_ci90_tc_ha,
        above_ground.reason as base_reason,
        parameters.value as ratio,
        rules.carbon_fraction,
        -- Ratios are of biomass; litter holds less carbon in its dry matter than wood.
        case direct.pool
            when 'litter' then rules.carbon_fraction_litter
            else rules.carbon_fraction
        end as pool_carbon_fraction
    from direct
    cross join rules
    left join above_ground on direct.stratum_id = above_ground.stratum_id and direct.state = above_ground.state
    left join parameters on direct.parameter_id = parameters.parameter_id
),

multiplied as (
    select
        *,
        cast(base_tc_ha as decimal(38, 9))
        * cast(ratio as decimal(38, 9))
        * cast(pool_carbon_fraction as decimal(38, 9)) as stock_by_fraction,
        cast(base_ci90_tc_ha as decimal(38, 9))
        * cast(ratio as decimal(38, 9))
        * cast(pool_carbon_fraction as decimal(38, 9)) as ci90_by_fraction
    from ratios
),

final as (
    select
        stratum_id,
        state,
        pool,
        method,
        case method
            when 'ratio' then {{ divide('stock_by_fraction', 'carbon_fraction', 27, 9, width=18) }}
            else stock_tc_ha
        end as stock_tc_ha,
        case method
            when 'ratio' then {{ divide('ci90_by_fraction', 'carbon_fraction', 27, 9, width=18) }}
            else ci90_half_width_tc_ha
        end as ci90_half_width_tc_ha,
        plot_count,
        parameter_id,
        source,
        case
            when method <> 'ratio' then reason
            when base_reason is not null then base_reason
            when base_tc_ha is null then 'no above-ground stock for stratum ' || stratum_id
            when ratio is null then 'no parameter for the ratio of ' || pool
        end as reason
    from multiplied
)

select * from final
