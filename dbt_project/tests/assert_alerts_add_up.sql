-- Months and weeks are two cuts of the same alerts: for each zone and product both hold all of the period, once, but
-- for the rounding of their rows, half of the last digit each.
with months as (
    select
        zone_id,
        product,
        sum(alert_area_ha) as area_ha,
        sum(alert_pixel_count) as pixel_count,
        count(*) as row_count
    from {{ ref('alerts_monthly') }}
    group by zone_id, product
),

weeks as (
    select
        zone_id,
        product,
        sum(alert_area_ha) as area_ha,
        sum(alert_pixel_count) as pixel_count,
        count(*) as row_count
    from {{ ref('alerts_weekly') }}
    group by zone_id, product
),

alerts as (
    select
        alert_area.zone_id,
        alert_area.product,
        cast(sum(alert_area.area_um2) as decimal(38, 0)) as area_um2,
        sum(alert_area.pixel_count) as pixel_count
    from {{ ref('stg_alert_area') }} as alert_area
    cross join {{ ref('stg_project') }} as project
    where alert_area.alert_date between project.period_start and project.period_end
    group by alert_area.zone_id, alert_area.product
),

compared as (
    select
        months.zone_id,
        months.product,
        months.row_count as month_count,
        weeks.row_count as week_count,
        coalesce(months.area_ha, 0) as months_ha,
        coalesce(weeks.area_ha, 0) as weeks_ha,
        coalesce(months.pixel_count, 0) as month_pixels,
        coalesce(weeks.pixel_count, 0) as week_pixels,
        coalesce(alerts.pixel_count, 0) as pixel_count,
        {{ um2_to_ha('coalesce(alerts.area_um2, 0)') }} as area_ha
    from months
    inner join weeks on months.zone_id = weeks.zone_id and months.product = weeks.product
    left join alerts on months.zone_id = alerts.zone_id and months.product = alerts.product
)

select
    zone_id,
    product
from compared
where
    month_pixels <> pixel_count
    or week_pixels <> pixel_count
    or abs(months_ha - area_ha) * 2000000 > month_count + 1
    or abs(weeks_ha - area_ha) * 2000000 > week_count + 1
