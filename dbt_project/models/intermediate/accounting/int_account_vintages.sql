with accounts as (
    select * from {{ ref('stg_accounts') }}
),

years as (
    select
        *,
        unnest(range(year(period_start), year(period_end) + 1)) as vintage_year
    from accounts
),

parts as (
    select
        *,
        greatest(period_start, make_date(vintage_year, 1, 1)) as vintage_start,
        least(period_end, make_date(vintage_year, 12, 31)) as vintage_end,
        date_diff('day', make_date(vintage_year, 1, 1), make_date(vintage_year + 1, 1, 1)) as days_in_year
    from years
),

final as (
    select
        project_id,
        rule_set,
        is_primary,
        period_id,
        crediting_start,
        crediting_end,
        vintage_year,
        vintage_start,
        vintage_end,
        date_diff('day', vintage_start, vintage_end) + 1 as days,
        days_in_year
    from parts
)

select * from final
