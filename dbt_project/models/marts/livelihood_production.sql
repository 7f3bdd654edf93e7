with project as (
    select * from {{ ref('stg_project') }}
),

records as (
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

everything as (
    select * from units
    union all
    select * from produced
),

final as (
    select
        everything.measure,
        everything.activity,
        everything.product,
        everything.unit,
        case
            when everything.holders >= project.min_group and everything.unit <> 'not stated'
                then cast(everything.quantity as decimal(18, 6))
        end as quantity,
        case when everything.holders >= project.min_group then everything.holders end as holders,
        case
            when everything.unit = 'not stated' then 'quantities without a unit cannot be added'
            when everything.holders < project.min_group
                then 'groups of fewer than ' || project.min_group || ' are not told'
        end as reason
    from everything
    cross join project
)

select * from final
