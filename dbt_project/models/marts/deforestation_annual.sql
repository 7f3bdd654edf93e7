with zone_years as (
    select * from {{ ref('int_zone_years') }}
),

forest_cover as (
    select * from {{ ref('forest_cover_annual') }}
),

loss as (
    select
        zone_id,
        year,
        sum(area_ha) as area_ha
    from {{ ref('int_stratum_loss') }}
    group by zone_id, year
),

joined as (
    select
        zone_years.*,
        forest_cover.area_ha as forest_start_ha,
        case when zone_years.is_measured then coalesce(loss.area_ha, 0) end as area_ha,
        100 * cast(loss.area_ha as decimal(38, 6)) as area_by_hundred
    from zone_years
    left join loss on zone_years.zone_id = loss.zone_id and zone_years.year = loss.year
    left join forest_cover
        on zone_years.zone_id = forest_cover.zone_id and zone_years.year = forest_cover.year + 1
),

final as (
    select
        zone_id,
        kind,
        zone_name,
        partner,
        year,
        cast(area_ha as decimal(18, 6)) as area_ha,
        cast(case when is_measured then forest_start_ha end as decimal(18, 6)) as forest_start_ha,
        {{ divide('area_by_hundred', 'forest_start_ha', 6, 6, width=18) }} as rate_percent,
        in_period,
        period_days,
        days_in_year,
        {{ divide('period_days', 'days_in_year', 0, width=18) }} as period_fraction,
        product,
        product_version,
        reason
    from joined
)

select * from final
