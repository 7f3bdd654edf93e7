with accounts as (
    select * from {{ ref('int_account_constants') }}
),

transitions as (
    select distinct
        project_id,
        rule_set,
        stratum_id,
        from_state,
        to_state
    from {{ ref('int_account_activity') }}
),

stocks as (
    select
        stocks.project_id,
        stocks.rule_set,
        stocks.stratum_id,
        stocks.state,
        -- The whole stock of a state is what the rule set rounds.
        if(accounts.emission_detail = 'by_total', 'total', stocks.pool) as pool,
        stocks.pool as own_pool,
        stocks.pool = 'total' as is_total,
        stocks.is_counted,
        stocks.stock_tc_ha,
        stocks.reason,
        if(accounts.emission_detail = 'by_total', accounts.stock_decimals, null) as stock_decimals
    from {{ ref('int_account_stocks') }} as stocks
    inner join accounts
        on stocks.project_id = accounts.project_id and stocks.rule_set = accounts.rule_set
    where stocks.is_counted or stocks.reason is not null
),

pools as (
    select
        project_id,
        rule_set,
        stratum_id,
        state,
        pool,
        max(stock_decimals) as stock_decimals,
        cast({{ sum_or_null('stock_tc_ha') }} as decimal(28, 9)) as sum_tc_ha,
        {{ reasons('reason') }} as reason
    from stocks
    group by project_id, rule_set, stratum_id, state, pool
),

rounded as (
    select
        *,
        cast({{ round_to('sum_tc_ha', 'stock_decimals') }} as decimal(18, 9)) as stock_tc_ha
    from pools
),

-- What a state has of stocks at all: without any, its change is not known; a total beside its parts counts twice.
states as (
    select
        project_id,
        rule_set,
        stratum_id,
        state,
        bool_or(is_total) and count(*) > 1 as is_double
    from stocks
    group by project_id, rule_set, stratum_id, state
),

judged as (
    select
        transitions.*,
        accounts.co2_molar_mass,
        accounts.carbon_molar_mass,
        accounts.emission_factor_decimals,
        coalesce(
            accounts.reason,
            case
                when accounts.emission_detail is null then 'parameter emission_detail is not set'
                when accounts.emission_detail not in ('by_pool', 'by_total')
                    then 'unknown choice of parameter emission_detail: ' || accounts.emission_detail
                when
                    accounts.emission_detail = 'by_pool'
                    and coalesce(
                        accounts.stock_decimals, accounts.emission_factor_decimals, accounts.emissions_decimals
                    ) is not null
                    then 'only whole stocks are rounded: stock_decimals and its like need emission_detail by_total'
                when before.state is null and later.state is null
                    then 'no carbon stock for stratum ' || transitions.stratum_id
                when before.state is null and transitions.from_state = 'forest'
                    then 'no forest carbon stock for stratum ' || transitions.stratum_id
                when before.state is null
                    then 'no carbon stock of ' || transitions.from_state || ' in stratum ' || transitions.stratum_id
                when later.state is null and transitions.to_state = 'post_deforestation'
                    then 'no carbon stock after deforestation for stratum ' || transitions.stratum_id
                when later.state is null
                    then 'no carbon stock of ' || transitions.to_state || ' in stratum ' || transitions.stratum_id
                when before.is_double or later.is_double
                    then 'a total stock stands beside its parts in stratum ' || transitions.stratum_id
            end
        ) as lack
    from transitions
    inner join accounts
        on transitions.project_id = accounts.project_id and transitions.rule_set = accounts.rule_set
    left join states as before
        on
            transitions.project_id = before.project_id
            and transitions.rule_set = before.rule_set
            and transitions.stratum_id = before.stratum_id
            and transitions.from_state = before.state
    left join states as later
        on
            transitions.project_id = later.project_id
            and transitions.rule_set = later.rule_set
            and transitions.stratum_id = later.stratum_id
            and transitions.to_state = later.state
),

-- A pool that one state names and the other does not is not known there, unless a whole stock covers it.
ends as (
    select
        *,
        from_state as state,
        to_state as other_state
    from judged
    where lack is null
    union all
    select
        *,
        to_state as state,
        from_state as other_state
    from judged
    where lack is null
),

pools_lacking as (
    select
        ends.*,
        stocks.pool,
        'no stock of pool ' || stocks.own_pool || ' of ' || ends.other_state || ' in stratum ' || ends.stratum_id
        || ', which ' || ends.state || ' names (0 where there is none)' as reason
    from ends
    inner join stocks
        on
            ends.project_id = stocks.project_id
            and ends.rule_set = stocks.rule_set
            and ends.stratum_id = stocks.stratum_id
            and ends.state = stocks.state
    anti join stocks as others
        on
            ends.project_id = others.project_id
            and ends.rule_set = others.rule_set
            and ends.stratum_id = others.stratum_id
            and ends.other_state = others.state
            and (others.is_total or stocks.own_pool = others.own_pool)
    where stocks.is_counted and not stocks.is_total
),

-- Each pool of either state: what stood and what follows. A whole stock after deforestation beside pools of the forest
-- is a row of its own, below zero.
parts as (
    select
        judged.*,
        rounded.pool,
        rounded.stock_tc_ha as from_tc_ha,
        0 as to_tc_ha,
        rounded.reason
    from judged
    inner join rounded
        on
            judged.project_id = rounded.project_id
            and judged.rule_set = rounded.rule_set
            and judged.stratum_id = rounded.stratum_id
            and judged.from_state = rounded.state
    where judged.lack is null
    union all by name
    select
        judged.*,
        rounded.pool,
        0 as from_tc_ha,
        rounded.stock_tc_ha as to_tc_ha,
        rounded.reason
    from judged
    inner join rounded
        on
            judged.project_id = rounded.project_id
            and judged.rule_set = rounded.rule_set
            and judged.stratum_id = rounded.stratum_id
            and judged.to_state = rounded.state
    where judged.lack is null
    union all by name
    select
        * exclude (state, other_state),
        null as from_tc_ha,
        null as to_tc_ha
    from pools_lacking
    union all by name
    select
        judged.*,
        '*' as pool,
        null as from_tc_ha,
        null as to_tc_ha,
        judged.lack as reason
    from judged
    where judged.lack is not null
),

changes as (
    select
        project_id,
        rule_set,
        stratum_id,
        from_state,
        to_state,
        pool,
        max(co2_molar_mass) as co2_molar_mass,
        max(carbon_molar_mass) as carbon_molar_mass,
        max(emission_factor_decimals) as emission_factor_decimals,
        cast({{ sum_or_null('from_tc_ha') }} as decimal(18, 9)) as from_tc_ha,
        cast({{ sum_or_null('to_tc_ha') }} as decimal(18, 9)) as to_tc_ha,
        {{ reasons('reason') }} as reason
    from parts
    group by project_id, rule_set, stratum_id, from_state, to_state, pool
),

products as (
    select
        *,
        cast(from_tc_ha - to_tc_ha as decimal(18, 9)) as change_tc_ha,
        cast(from_tc_ha - to_tc_ha as decimal(38, 9)) * cast(co2_molar_mass as decimal(38, 9)) as change_by_molar_mass
    from changes
),

factors as (
    select
        *,
        {{ divide('change_by_molar_mass', 'carbon_molar_mass', 18, 9) }} as factor_tco2e_ha
    from products
),

final as (
    select
        project_id,
        rule_set,
        stratum_id,
        from_state,
        to_state,
        pool,
        from_tc_ha,
        to_tc_ha,
        change_tc_ha,
        co2_molar_mass,
        carbon_molar_mass,
        emission_factor_decimals,
        cast({{ round_to('factor_tco2e_ha', 'emission_factor_decimals') }} as decimal(18, 9))
            as emission_factor_tco2e_ha,
        coalesce(
            reason,
            case when factor_tco2e_ha is null then 'a molar mass is not set' end
        ) as reason
    from factors
)

select * from final
