-- Months and weeks are two cuts of the same alerts: for each zone and product both hold all of the period, once.
with months as (
    select
        zone_id,
        product,
        sum(alert_area_ha) as area_ha
    from {{ ref('alerts_monthly') }}
    group by zone_id, product
),

weeks as (
    select
        zone_id,
        product,
        sum(alert_area_ha) as area_ha
    from {{ ref('alerts_weekly') }}
    group by zone_id, product
),

alerts as (
    select
        alert_area.zone_id,
        alert_area.product,
        sum(alert_area.area_ha) as area_ha
    from {{ ref('stg_alert_area') }} as alert_area
    cross join {{ ref('stg_project') }} as project
    where alert_area.alert_date between project.period_start and project.period_end
    group by alert_area.zone_id, alert_area.product
)

select
    months.zone_id,
    months.product
from months
inner join weeks on months.zone_id = weeks.zone_id and months.product = weeks.product
left join alerts on months.zone_id = alerts.zone_id and months.product = alerts.product
where
    coalesce(months.area_ha, 0) <> coalesce(alerts.area_ha, 0)
    or coalesce(weeks.area_ha, 0) <> coalesce(alerts.area_ha, 0)
