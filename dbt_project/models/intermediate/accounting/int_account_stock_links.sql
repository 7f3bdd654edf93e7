with emission_rows as (
    select * from {{ ref('int_account_emission_rows') }}
),

stocks as (
    select * from {{ ref('int_account_stock_inputs') }}
),

-- An emission of one pool comes from that pool before and after; one of all pools together from each that is counted.
sides as (
    select
        *,
        unnest([1, -1]) as sign,
        unnest([from_state, to_state]) as state
    from emission_rows
    where kind = 'stock_change'
),

changes as (
    select
        sides.project_id,
        sides.rule_set,
        sides.year,
        sides.change_no,
        sides.pool,
        sides.period_tco2e,
        sides.sign,
        stocks.stock_id,
        stocks.multiple_id,
        stocks.input_id,
        stocks.ratio_id,
        stocks.stock_tc_ha,
        stocks.ci90_half_width_tc_ha,
        stocks.ratio_ci90_tc_ha,
        -- What follows deforestation may be a table value without an interval; forest may not.
        stocks.has_error or (sides.sign = -1 and sides.activity = 'deforestation') as has_error
    from sides
    inner join stocks
        on
            sides.project_id = stocks.project_id
            and sides.rule_set = stocks.rule_set
            and sides.stratum_id = stocks.stratum_id
            and sides.state = stocks.state
            and (sides.pool = stocks.pool or (sides.is_of_all_pools and stocks.is_counted))
),

whole as (
    select
        *,
        cast(
            sum(sign * stock_tc_ha) over (partition by change_no, pool) as decimal(18, 9)
        ) as change_tc_ha
    from changes
),

-- What burns is the above-ground biomass of the forest.
burnt as (
    select
        emission_rows.project_id,
        emission_rows.rule_set,
        emission_rows.year,
        emission_rows.change_no,
        emission_rows.pool,
        emission_rows.period_tco2e,
        1 as sign,
        stocks.stock_id,
        stocks.multiple_id,
        stocks.input_id,
        stocks.ratio_id,
        stocks.stock_tc_ha,
        stocks.ci90_half_width_tc_ha,
        stocks.ratio_ci90_tc_ha,
        stocks.has_error,
        stocks.stock_tc_ha as change_tc_ha
    from emission_rows
    inner join stocks
        on
            emission_rows.project_id = stocks.project_id
            and emission_rows.rule_set = stocks.rule_set
            and emission_rows.stratum_id = stocks.stratum_id
    where emission_rows.kind = 'fire' and stocks.state = 'forest' and stocks.pool = 'above_ground'
),

links as (
    select * from whole
    union all by name
    select * from burnt
),

-- The part of the emission that a stock makes, and its errors; a stock after deforestation takes from it. Multiply
-- first, divide last, in whole numbers.
products as (
    select
        *,
        {{ whole('period_tco2e', 9) }} * sign(change_tc_ha) * sign as signed_whole,
        nullif(abs({{ whole('change_tc_ha', 9) }}), 0) as change_whole
    from links
),

final as (
    select
        project_id,
        rule_set,
        year as vintage_year,
        change_no,
        pool,
        stock_id,
        multiple_id,
        input_id,
        ratio_id,
        has_error,
        {{ divide_whole('signed_whole * ' ~ whole('stock_tc_ha', 9), 'change_whole') }} as part_tco2e,
        {{ divide_whole('signed_whole * ' ~ whole('ci90_half_width_tc_ha', 9), 'change_whole') }} as error_tco2e,
        {{ divide_whole('signed_whole * ' ~ whole('ratio_ci90_tc_ha', 9), 'change_whole') }} as ratio_error_tco2e
    from products
)

select * from final
