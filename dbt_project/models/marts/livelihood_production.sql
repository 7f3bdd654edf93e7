with records as (
    select * from {{ ref('int_livelihoods') }}
),

-- Hives or ponds of a holder that several records tell of count once.
holdings as (
    select
        activity,
        product,
        holder,
        unit,
        max(unit_count) as unit_count
    from records
    where unit_count is not null
    group by all
),

units as (
    select
        'units' as measure,
        activity,
        product,
        coalesce(unit, 'not stated') as unit,
        sum(unit_count) as quantity,
        count(distinct holder) as holders
    from holdings
    group by all
),

produced as (
    select
        'production' as measure,
        activity,
        product,
        coalesce(production_unit, 'not stated') as unit,
        sum(production) as quantity,
        count(distinct holder) as holders
    from records
    where production is not null and ends_in_period
    group by all
),

final as (
    select
        measure,
        activity,
        product,
        unit,
        cast(quantity as decimal(18, 6)) as quantity,
        holders
    from units
    union all
    select
        measure,
        activity,
        product,
        unit,
        cast(quantity as decimal(18, 6)) as quantity,
        holders
    from produced
)

select * from final
