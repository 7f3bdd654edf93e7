with zone_years as (
    select * from {{ ref('int_zone_years') }}
),

forest as (
    select * from {{ ref('int_forest_area') }}
),

loss as (
    select
        zone_id,
        year,
        sum(area_um2) as area_um2
    from {{ ref('int_stratum_loss') }}
    group by zone_id, year
),

joined as (
    select
        zone_years.*,
        case when zone_years.is_measured then forest.forest_um2 end as forest_start_um2,
        cast(case when zone_years.is_measured then coalesce(loss.area_um2, 0) end as decimal(38, 0)) as area_um2
    from zone_years
    left join loss on zone_years.zone_id = loss.zone_id and zone_years.year = loss.year
    left join forest
        on zone_years.zone_id = forest.zone_id and zone_years.year = forest.year + 1
),

products as (
    select
        *,
        cast(100 as decimal(38, 0)) * area_um2 as area_by_hundred,
        cast(period_days as decimal(38, 0)) * area_um2 as area_by_days,
        cast(days_in_year as decimal(38, 0)) * cast('10000000000000000' as decimal(38, 0)) as days_by_ha
    from joined
),

final as (
    select
        zone_id,
        kind,
        zone_name,
        partner,
        year,
        {{ um2_to_ha('area_um2') }} as area_ha,
        {{ um2_to_ha('forest_start_um2') }} as forest_start_ha,
        {{ divide('area_by_hundred', 'forest_start_um2', 0, width=18) }} as rate_percent,
        in_period,
        period_days,
        days_in_year,
        {{ divide('period_days', 'days_in_year', 0, width=18) }} as period_fraction,
        {{ divide('area_by_days', 'days_by_ha', 0, scale=6, width=18) }} as period_area_ha,
        product,
        product_version,
        reason
    from products
)

select * from final
