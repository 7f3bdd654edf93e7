-- Emissions as sums of products of an area and a stock, each with an error of its own: what the draws multiply.
with emission_rows as (
    select * from {{ ref('int_account_emission_rows') }}
    where period_tco2e is not null
),

area_links as (
    select * from {{ ref('int_account_area_links') }}
),

stock_links as (
    select * from {{ ref('int_account_stock_links') }}
),

-- Shapes in hectares need the area that they are around; any other error is a part of whatever area it is of.
shaped as (
    select
        *,
        case when distribution in ('triangular', 'truncated_normal') then amount end as shaped_amount
    from area_links
),

inputs as (
    select
        *,
        concat_ws('|', input_id, u90, distribution, shape_a, shape_b, shape_c, shaped_amount) as amount_id
    from shaped
),

terms as (
    select
        emission_rows.project_id,
        emission_rows.rule_set,
        emission_rows.year as vintage_year,
        emission_rows.scope,
        emission_rows.scenario,
        coalesce(inputs.amount_id, 'unknown') as amount_id,
        inputs.input_id,
        inputs.u90,
        inputs.distribution,
        inputs.shape_a,
        inputs.shape_b,
        inputs.shape_c,
        inputs.shaped_amount,
        stock_links.multiple_id,
        cast(coalesce(stock_links.part_tco2e, emission_rows.period_tco2e) as double)
        * coalesce(cast(inputs.amount as double) / nullif(cast(inputs.whole as double), 0), 1) as part_tco2e
    from emission_rows
    left join inputs
        on
            emission_rows.project_id = inputs.project_id
            and emission_rows.rule_set = inputs.rule_set
            and emission_rows.year = inputs.vintage_year
            and emission_rows.row_id = inputs.row_id
    left join stock_links
        on
            emission_rows.project_id = stock_links.project_id
            and emission_rows.rule_set = stock_links.rule_set
            and emission_rows.year = stock_links.vintage_year
            and emission_rows.row_id = stock_links.row_id
),

-- Rounded before they are added, so that the order in which they are does not matter.
final as (
    select
        project_id,
        rule_set,
        vintage_year,
        scope,
        scenario,
        amount_id,
        any_value(input_id) as input_id,
        cast(any_value(u90) as double) as u90,
        any_value(distribution) as distribution,
        cast(any_value(shape_a) as double) as shape_a,
        cast(any_value(shape_b) as double) as shape_b,
        cast(any_value(shape_c) as double) as shape_c,
        cast(any_value(shaped_amount) as double) as shaped_amount,
        multiple_id,
        cast(sum(cast(part_tco2e as decimal(28, 9))) as double) as part_tco2e
    from terms
    group by project_id, rule_set, vintage_year, scope, scenario, amount_id, multiple_id
)

select * from final
