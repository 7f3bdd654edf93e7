with stocks as (
    select * from {{ ref('int_account_stocks') }}
    where stock_tc_ha is not null
),

-- The error of a stock by itself, or, of a ratio or share, that of the ratio or share.
own_errors as (
    select
        *,
        method in ('ratio', 'share') as is_derived,
        case
            when distribution = 'fixed' then 0
            else coalesce(cast(se as double), {{ shape_se('value') }})
        end as own_se,
        case
            when distribution = 'fixed' then 0
            else
                coalesce(
                    cast(ci90_half_width_tc_ha as double),
                    {{ shape_se('value') }} * cast({{ normal_90() }} as double)
                    * cast(stock_tc_ha as double) / nullif(cast(value as double), 0)
                )
        end as stock_ci90_tc_ha
    from stocks
),

above_ground as (
    select
        project_id,
        rule_set,
        stratum_id,
        state,
        stock_ci90_tc_ha / nullif(cast(stock_tc_ha as double), 0) as u90
    from own_errors
    where pool = 'above_ground'
),

-- All pools of a state were measured on the same plots and err together, on the safe side. A table value of
-- ours without an interval has no error beside a leading pool that has one.
pools as (
    select
        own_errors.*,
        case
            -- What is declared without an error has one all the same: that of the leading pool.
            when own_errors.method in ('stock', 'biomass')
                then
                    coalesce(
                        own_errors.stock_ci90_tc_ha, above_ground.u90 * cast(own_errors.stock_tc_ha as double)
                    )
            when not own_errors.is_derived then own_errors.stock_ci90_tc_ha
            when own_errors.method = 'ratio' and own_errors.value is null then own_errors.stock_ci90_tc_ha
            when own_errors.method = 'ratio' then above_ground.u90 * cast(own_errors.stock_tc_ha as double)
        end as followed_ci90_tc_ha,
        above_ground.state is not null as has_above_ground
    from own_errors
    left join above_ground
        on
            own_errors.project_id = above_ground.project_id
            and own_errors.rule_set = above_ground.rule_set
            and own_errors.stratum_id = above_ground.stratum_id
            and own_errors.state = above_ground.state
),

states as (
    select
        project_id,
        rule_set,
        stratum_id,
        state,
        sum(followed_ci90_tc_ha) filter (where is_counted)
        / nullif(cast(sum(stock_tc_ha) filter (where is_counted) as double), 0) as u90,
        coalesce(bool_or(pool in ('above_ground', 'total') and followed_ci90_tc_ha is not null), false)
        and not coalesce(bool_or(method = 'plots' and followed_ci90_tc_ha is null), false) as has_error
    from pools
    where method <> 'share'
    group by project_id, rule_set, stratum_id, state
),

final as (
    select
        pools.project_id,
        pools.rule_set,
        pools.stratum_id,
        pools.state,
        pools.pool,
        pools.method,
        pools.is_counted,
        pools.stock_tc_ha,
        pools.stratum_id || '/' || pools.state || '/' || pools.pool as stock_id,
        -- A state that is a share of another errs with that one.
        'stock ' || pools.stratum_id || '/' || coalesce(pools.base_state, pools.state) as input_id,
        pools.base_state,
        -- What errs as the above-ground pool of its state does needs no multiples of its own in the draws.
        case
            when pools.method = 'ratio' and coalesce(pools.own_se, 0) = 0 and pools.has_above_ground
                then pools.stratum_id || '/' || pools.state || '/above_ground'
            else pools.stratum_id || '/' || pools.state || '/' || pools.pool
        end as multiple_id,
        cast(
            coalesce(
                case
                    when pools.method = 'share' then states.u90 * cast(pools.stock_tc_ha as double)
                    else pools.followed_ci90_tc_ha
                end, 0
            ) as decimal(18, 9)
        ) as ci90_half_width_tc_ha,
        coalesce(states.has_error, false) as has_error,
        pools.value,
        cast(pools.own_se as decimal(18, 9)) as se,
        pools.distribution,
        pools.shape_a,
        pools.shape_b,
        pools.shape_c,
        case
            when pools.is_derived and pools.own_se > 0
                then 'ratio ' || pools.stratum_id || '/' || pools.state || '/' || pools.pool
        end as ratio_id,
        cast(
            case
                when pools.is_derived and pools.own_se > 0
                    then
                        cast(pools.stock_tc_ha as double) * pools.own_se * cast({{ normal_90() }} as double)
                        / cast(pools.value as double)
            end as decimal(18, 9)
        ) as ratio_ci90_tc_ha
    from pools
    left join states
        on
            pools.project_id = states.project_id
            and pools.rule_set = states.rule_set
            and pools.stratum_id = states.stratum_id
            and coalesce(pools.base_state, pools.state) = states.state
)

select * from final
