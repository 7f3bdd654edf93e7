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
        state,
        pool
    from declared
),

-- Rows of all strata hold where a stratum has none of its own for the pool; a whole stock stands for every pool.
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
    where
        declared.stratum_id = strata.stratum_id
        or not exists (
            select 1
            from named
            where
                named.project_id = strata.project_id
                and named.stratum_id = strata.stratum_id
                and named.state = declared.state
                and (named.pool = declared.pool or named.pool = 'total' or declared.pool = 'total')
        )
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

-- The interval that a stock states, by a standard error or the shape of its distribution.
stated as (
    select
        *,
        cast(
            coalesce(
                cast(ci90_half_width_tc_ha as double),
                {{ shape_se('value') }} * cast({{ normal_90() }} as double)
                * cast(stock_tc_ha as double) / nullif(cast(value as double), 0)
            ) as decimal(18, 9)
        ) as half_width_tc_ha
    from united
),

counted as (
    select
        stated.*,
        case stated.pool
            when 'above_ground' then accounts.pool_above_ground
            when 'below_ground' then accounts.pool_below_ground
            when 'dead_wood' then accounts.pool_dead_wood
            when 'litter' then accounts.pool_litter
            when 'soil' then accounts.pool_soil
            when 'total' then 'counted'
        end as counting,
        accounts.stock_decimals,
        accounts.stock_bound,
        accounts.stock_precision_limit,
        case
            when accounts.stock_bound is null then 'parameter stock_bound is not set'
            when accounts.stock_bound not in ('mean', 'bound_when_imprecise')
                then 'unknown choice of parameter stock_bound: ' || accounts.stock_bound
            when accounts.stock_bound = 'bound_when_imprecise' and accounts.stock_precision_limit is null
                then 'parameter stock_precision_limit is not set'
        end as bound_reason
    from stated
    inner join accounts
        on stated.project_id = accounts.project_id and stated.rule_set = accounts.rule_set
),

-- What deforestation leaves behind; every other state of the land is forest.
cleared as (
    select distinct
        project_id,
        rule_set,
        to_state as state
    from {{ ref('int_account_activity') }}
    where activity = 'deforestation'
),

states as (
    select
        counted.* exclude (reason),
        coalesce(counted.reason, counted.bound_reason) as reason,
        cleared.state is not null or counted.state = 'post_deforestation' as is_cleared
    from counted
    left join cleared
        on
            counted.project_id = cleared.project_id
            and counted.rule_set = cleared.rule_set
            and counted.state = cleared.state
),

-- A stock that states no interval keeps its mean.
judged as (
    select
        *,
        coalesce(
            stock_bound = 'bound_when_imprecise'
            and method not in ('ratio', 'share')
            and half_width_tc_ha > stock_tc_ha * stock_precision_limit,
            false
        ) as is_imprecise
    from states
),

-- What is known too badly counts by the end of its interval that credits less; no stock is below zero.
bounded as (
    select
        *,
        cast(
            case
                when not is_imprecise then stock_tc_ha
                when is_cleared then stock_tc_ha + half_width_tc_ha
                when stock_tc_ha > half_width_tc_ha then stock_tc_ha - half_width_tc_ha
                else 0
            end as decimal(18, 9)
        ) as used_tc_ha
    from judged
),

leaders as (
    select
        project_id,
        rule_set,
        stratum_id,
        state,
        stock_tc_ha as leading_mean_tc_ha,
        used_tc_ha as leading_used_tc_ha
    from bounded
    where pool = 'above_ground' and is_imprecise
),

products as (
    select
        bounded.*,
        leaders.leading_mean_tc_ha,
        cast(bounded.stock_tc_ha as decimal(38, 9)) * cast(leaders.leading_used_tc_ha as decimal(38, 9)) as used_by_mean
    from bounded
    left join leaders
        on
            bounded.method = 'ratio'
            and bounded.project_id = leaders.project_id
            and bounded.rule_set = leaders.rule_set
            and bounded.stratum_id = leaders.stratum_id
            and bounded.state = leaders.state
),

-- Ratios of a bounded pool follow it.
used as (
    select
        * exclude (used_tc_ha),
        case
            when leading_mean_tc_ha > 0 then {{ divide('used_by_mean', 'leading_mean_tc_ha', 18, 9, width=18) }}
            else used_tc_ha
        end as used_tc_ha
    from products
),

-- The whole stock of a state, of which another state may be a share.
totals as (
    select
        project_id,
        rule_set,
        stratum_id,
        state,
        max(stock_decimals) as stock_decimals,
        cast({{ sum_or_null('used_tc_ha') }} as decimal(28, 9)) as total_tc_ha,
        cast({{ sum_or_null('stock_tc_ha') }} as decimal(28, 9)) as mean_total_tc_ha,
        cast({{ sum_or_null('ci90_half_width_tc_ha') }} as decimal(28, 9)) as ci90_tc_ha,
        {{ reasons('reason') }} as reason
    from used
    where counting = 'counted' and method <> 'share'
    group by project_id, rule_set, stratum_id, state
),

bases as (
    select
        *,
        {{ round_to('total_tc_ha', 'stock_decimals') }} as rounded_tc_ha,
        {{ round_to('mean_total_tc_ha', 'stock_decimals') }} as rounded_mean_tc_ha
    from totals
),

final as (
    select
        used.project_id,
        used.rule_set,
        used.stratum_id,
        used.state,
        used.pool,
        used.method,
        used.value,
        used.se,
        used.base_state,
        coalesce(used.counting = 'counted', false) as is_counted,
        cast(
            case
                when used.reason is not null then null
                when used.method = 'share'
                    then cast(bases.rounded_tc_ha as decimal(38, 9)) * cast(used.value as decimal(38, 9))
                else used.used_tc_ha
            end as decimal(18, 9)
        ) as stock_tc_ha,
        cast(
            case
                when used.reason is not null then null
                when used.method = 'share'
                    then cast(bases.rounded_mean_tc_ha as decimal(38, 9)) * cast(used.value as decimal(38, 9))
                else used.stock_tc_ha
            end as decimal(18, 9)
        ) as mean_tc_ha,
        -- The interval is that of the mean, also around a bound.
        cast(
            case
                when used.method = 'share'
                    then
                        sqrt(
                            pow(cast(bases.ci90_tc_ha as double) * cast(used.value as double), 2)
                            + pow(
                                cast(bases.total_tc_ha as double) * coalesce(cast(used.se as double), 0)
                                * {{ normal_90() }}, 2
                            )
                        )
                when used.is_imprecise then used.half_width_tc_ha
                else used.ci90_half_width_tc_ha
            end as decimal(18, 9)
        ) as ci90_half_width_tc_ha,
        used.parameter_id,
        -- Shapes are around the mean: a stock that counts by a bound errs normally around that, as much as before.
        case
            when used.is_imprecise and used.distribution <> 'lognormal' then 'normal'
            else coalesce(used.distribution, if(used.se is not null, 'normal', null))
        end as distribution,
        cast(if(used.is_imprecise, null, used.shape_a) as decimal(18, 9)) as shape_a,
        cast(if(used.is_imprecise, null, used.shape_b) as decimal(18, 9)) as shape_b,
        cast(if(used.is_imprecise, null, used.shape_c) as decimal(18, 9)) as shape_c,
        used.source,
        case
            when used.reason is not null then used.reason
            when used.method = 'share' and bases.state is null
                then 'no carbon stock of ' || used.base_state || ' in stratum ' || used.stratum_id
            when used.method = 'share' then bases.reason
            when used.pool is not null and used.counting is null
                then 'parameter pool_' || used.pool || ' is not set'
            when used.counting not in ('counted', 'excluded')
                then 'unknown choice of parameter pool_' || used.pool || ': ' || used.counting
        end as reason
    from used
    left join bases
        on
            used.project_id = bases.project_id
            and used.rule_set = bases.rule_set
            and used.stratum_id = bases.stratum_id
            and used.base_state = bases.state
)

select * from final
