with emission_rows as (
    select * from {{ ref('int_account_emission_rows') }}
),

rules as (
    select * from {{ ref('int_account_rules') }}
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
        sides.row_id,
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
    inner join rules
        on
            sides.project_id = rules.project_id
            and sides.rule_set = rules.rule_set
            and sides.year = rules.vintage_year
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
            sum(sign * stock_tc_ha) over (partition by project_id, rule_set, row_id) as decimal(18, 9)
        ) as change_tc_ha
    from changes
),

-- What burns is the above-ground biomass of the forest.
burnt as (
    select
        emission_rows.project_id,
        emission_rows.rule_set,
        emission_rows.year,
        emission_rows.row_id,
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
-- first, divide last.
products as (
    select
        *,
        nullif(abs(change_tc_ha), 0) as change_size,
        cast(cast(period_tco2e as decimal(28, 9)) * sign(change_tc_ha) * sign as decimal(28, 9)) as signed_tco2e
    from links
),

multiplied as (
    select
        *,
        cast(signed_tco2e as decimal(38, 9)) * cast(stock_tc_ha as decimal(38, 9)) as part_by_change,
        cast(signed_tco2e as decimal(38, 9)) * cast(ci90_half_width_tc_ha as decimal(38, 9)) as error_by_change,
        cast(signed_tco2e as decimal(38, 9)) * cast(ratio_ci90_tc_ha as decimal(38, 9)) as ratio_error_by_change
    from products
),

final as (
    select
        project_id,
        rule_set,
        year as vintage_year,
        row_id,
        stock_id,
        multiple_id,
        input_id,
        ratio_id,
        has_error,
        {{ divide('part_by_change', 'change_size', 18, 9) }} as part_tco2e,
        {{ divide('error_by_change', 'change_size', 18, 9) }} as error_tco2e,
        {{ divide('ratio_error_by_change', 'change_size', 18, 9) }} as ratio_error_tco2e
    from multiplied
)

select * from final
