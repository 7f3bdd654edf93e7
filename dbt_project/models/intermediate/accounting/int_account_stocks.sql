-- Stocks of both ways of input: those that the pipeline made of plots and tables, and declared ones.
with accounts as (
    select * from {{ ref('int_account_constants') }}
),

declared as (
    select
        accounts.rule_set,
        accounts.co2_molar_mass,
        accounts.carbon_molar_mass,
        accounts.carbon_fraction as account_fraction,
        accounts.carbon_fraction_litter as account_fraction_litter,
        stocks.*
    from accounts
    inner join {{ ref('stg_account_stocks') }} as stocks on accounts.project_id = stocks.project_id
),

strata as (
    select distinct
        project_id,
        rule_set,
        stratum_id
    from {{ ref('int_account_activity') }}
    union
    select
        project_id,
        rule_set,
        stratum_id
    from declared
    where stratum_id <> '*'
),

named as (
    select distinct
        project_id,
        stratum_id,
        state
    from declared
),

-- Rows of all strata hold where a stratum has none of its own for the state.
expanded as (
    select
        strata.stratum_id as own_stratum_id,
        declared.*
    from declared
    inner join strata
        on
            declared.project_id = strata.project_id
            and declared.rule_set = strata.rule_set
            and (declared.stratum_id = strata.stratum_id or declared.stratum_id = '*')
    left join named
        on
            strata.project_id = named.project_id
            and strata.stratum_id = named.stratum_id
            and declared.state = named.state
    where declared.stratum_id = strata.stratum_id or named.state is null
),

fractions as (
    select
        * exclude (stratum_id, own_stratum_id),
        own_stratum_id as stratum_id,
        case
            when method = 'biomass'
                then coalesce(carbon_fraction, if(pool = 'litter', account_fraction_litter, account_fraction))
        end as fraction,
        cast(value as decimal(38, 9)) * cast(carbon_molar_mass as decimal(38, 9)) as value_by_molar_mass
    from expanded
),

-- What a stock is by itself: in carbon, in carbon dioxide, or as dry matter.
direct as (
    select
        *,
        cast(
            case
                when method = 'stock' and unit = 'tC/ha' then value
                when method = 'stock' and unit = 'tCO2e/ha'
                    then {{ divide('value_by_molar_mass', 'co2_molar_mass', 18, 9, width=18) }}
                when method = 'biomass' then cast(value as decimal(38, 9)) * cast(fraction as decimal(38, 9))
            end as decimal(18, 9)
        ) as direct_tc_ha,
        -- Errors of the value and of the carbon fraction are independent; a stock of zero has that of its value alone.
        case
            when method in ('stock', 'biomass') and value = 0 and se = 0 then 0
            when method = 'stock' and value <> 0 then abs(cast(se as double) / cast(value as double))
            when method = 'biomass' and value <> 0
                then
                    sqrt(
                        pow(cast(se as double) / cast(value as double), 2)
                        + pow(coalesce(cast(carbon_fraction_se as double), 0) / cast(fraction as double), 2)
                    )
            when method in ('ratio', 'share') and value <> 0 then abs(cast(se as double) / cast(value as double))
        end as relative_se
    from fractions
),

above_ground as (
    select * from direct
    where pool = 'above_ground'
),

ratios as (
    select
        direct.*,
        above_ground.direct_tc_ha as base_tc_ha,
        above_ground.relative_se as base_relative_se,
        -- A ratio is of dry matter: its pool's carbon fraction takes the place of that of the above-ground pool.
        coalesce(above_ground.fraction, direct.account_fraction) as base_fraction,
        coalesce(
            direct.carbon_fraction,
            if(
                direct.pool = 'litter',
                direct.account_fraction_litter,
                coalesce(above_ground.fraction, direct.account_fraction)
            )
        ) as pool_fraction
    from direct
    left join above_ground
        on
            direct.project_id = above_ground.project_id
            and direct.rule_set = above_ground.rule_set
            and direct.stratum_id = above_ground.stratum_id
            and direct.state = above_ground.state
),

multiplied as (
    select
        *,
        cast(base_tc_ha as decimal(38, 9))
        * cast(value as decimal(38, 9))
        * cast(pool_fraction as decimal(38, 9)) as stock_by_fraction
    from ratios
),

declared_stocks as (
    select
        project_id,
        rule_set,
        stratum_id,
        state,
        pool,
        method,
        cast(
            case
                when method = 'ratio' then {{ divide('stock_by_fraction', 'base_fraction', 27, 9, width=18) }}
                else direct_tc_ha
            end as decimal(18, 9)
        ) as stock_tc_ha,
        case
            when distribution = 'fixed' then 0
            when method = 'ratio' then sqrt(pow(base_relative_se, 2) + pow(coalesce(relative_se, 0), 2))
            else relative_se
        end as relative_se,
        value,
        se,
        base_state,
        distribution,
        shape_a,
        shape_b,
        shape_c,
        source,
        case
            when method not in ('stock', 'biomass', 'ratio', 'share') then 'unknown method of a stock: ' || method
            when method = 'stock' and unit not in ('tC/ha', 'tCO2e/ha') then 'unknown unit of a stock: ' || unit
            when method = 'share' and (pool <> 'total' or base_state is null)
                then 'a share is of the whole stock of another state'
            when method = 'ratio' and base_tc_ha is null then 'no above-ground stock for stratum ' || stratum_id
            when method = 'biomass' and fraction is null then 'parameter carbon_fraction is not set'
        end as reason
    from multiplied
),

pipeline as (
    select
        accounts.project_id,
        accounts.rule_set,
        stocks.stratum_id,
        stocks.state,
        stocks.pool,
        stocks.method,
        stocks.stock_tc_ha,
        stocks.ci90_half_width_tc_ha,
        stocks.parameter_id,
        stocks.source,
        stocks.reason
    from accounts
    inner join {{ ref('stg_project') }} as project on accounts.project_id = project.project_id
    cross join {{ ref('carbon_stocks') }} as stocks
),

united as (
    select
        *,
        cast(stock_tc_ha * relative_se * {{ normal_90() }} as decimal(18, 9)) as ci90_half_width_tc_ha
    from declared_stocks
    union all by name
    select * from pipeline
),

counted as (
    select
        united.*,
        case united.pool
            when 'above_ground' then accounts.pool_above_ground
            when 'below_ground' then accounts.pool_below_ground
            when 'dead_wood' then accounts.pool_dead_wood
            when 'litter' then accounts.pool_litter
            when 'soil' then accounts.pool_soil
            when 'total' then 'counted'
        end as counting,
        accounts.stock_decimals
    from united
    inner join accounts
        on united.project_id = accounts.project_id and united.rule_set = accounts.rule_set
),

-- The whole stock of a state, of which another state may be a share.
totals as (
    select
        project_id,
        rule_set,
        stratum_id,
        state,
        max(stock_decimals) as stock_decimals,
        cast({{ sum_or_null('stock_tc_ha') }} as decimal(28, 9)) as total_tc_ha,
        cast({{ sum_or_null('ci90_half_width_tc_ha') }} as decimal(28, 9)) as ci90_tc_ha,
        {{ reasons('reason') }} as reason
    from counted
    where counting = 'counted' and method <> 'share'
    group by project_id, rule_set, stratum_id, state
),

bases as (
    select
        *,
        {{ round_to('total_tc_ha', 'stock_decimals') }} as rounded_tc_ha
    from totals
),

final as (
    select
        counted.project_id,
        counted.rule_set,
        counted.stratum_id,
        counted.state,
        counted.pool,
        counted.method,
        counted.value,
        counted.se,
        counted.base_state,
        coalesce(counted.counting = 'counted', false) as is_counted,
        cast(
            case
                when counted.reason is not null then null
                when counted.method = 'share'
                    then cast(bases.rounded_tc_ha as decimal(38, 9)) * cast(counted.value as decimal(38, 9))
                else counted.stock_tc_ha
            end as decimal(18, 9)
        ) as stock_tc_ha,
        cast(
            case
                when counted.method = 'share'
                    then
                        sqrt(
                            pow(cast(bases.ci90_tc_ha as double) * cast(counted.value as double), 2)
                            + pow(
                                cast(bases.total_tc_ha as double) * coalesce(cast(counted.se as double), 0)
                                * {{ normal_90() }}, 2
                            )
                        )
                else counted.ci90_half_width_tc_ha
            end as decimal(18, 9)
        ) as ci90_half_width_tc_ha,
        counted.parameter_id,
        coalesce(counted.distribution, if(counted.se is not null, 'normal', null)) as distribution,
        cast(counted.shape_a as decimal(18, 9)) as shape_a,
        cast(counted.shape_b as decimal(18, 9)) as shape_b,
        cast(counted.shape_c as decimal(18, 9)) as shape_c,
        counted.source,
        case
            when counted.reason is not null then counted.reason
            when counted.method = 'share' and bases.state is null
                then 'no carbon stock of ' || counted.base_state || ' in stratum ' || counted.stratum_id
            when counted.method = 'share' then bases.reason
            when counted.pool is not null and counted.counting is null
                then 'parameter pool_' || counted.pool || ' is not set'
            when counted.counting not in ('counted', 'excluded')
                then 'unknown choice of parameter pool_' || counted.pool || ': ' || counted.counting
        end as reason
    from counted
    left join bases
        on
            counted.project_id = bases.project_id
            and counted.rule_set = bases.rule_set
            and counted.stratum_id = bases.stratum_id
            and counted.base_state = bases.state
)

select * from final
