{#
Alerts of the monitoring period by zone, product, confidence and week or month: one row for each, also where there is none.

unit: week (ISO, from Monday) or month. Only alerts dated within the period count; days after the retrieval were not observed.
#}
{% macro alerts_by(unit) -%}
    with zones as (
        select * from {{ ref('stg_zones') }}
    ),

    project as (
        select * from {{ ref('stg_project') }}
    ),

    -- The confidences of a product stand in one of its layers.
    products as (
        select
            product,
            max(product_version) as product_version,
            min(retrieved_on) as retrieved_on,
            unnest(string_split(max(confidences), ',')) as confidence
        from {{ ref('stg_alert_retrievals') }}
        where in_use
        group by product
    ),

    spans as (
        select
            unnest(
                generate_series(
                    date_trunc('{{ unit }}', period_start)::timestamp,
                    date_trunc('{{ unit }}', period_end)::timestamp,
                    interval 1 {{ unit }}
                )
            )::date as first_day,
            period_start,
            period_end
        from project
    ),

    days as (
        select
            products.*,
            spans.first_day,
            greatest(spans.first_day, spans.period_start) as from_day,
            least((spans.first_day + interval 1 {{ unit }})::date - 1, spans.period_end) as to_day
        from products
        cross join spans
    ),

    observed as (
        select
            *,
            greatest(0, 1 + date_diff('day', from_day, least(to_day, retrieved_on))) as days_observed
        from days
    ),

    alerts as (
        select
            alert_area.zone_id,
            alert_area.product,
            alert_area.confidence,
            date_trunc('{{ unit }}', alert_area.alert_date)::date as first_day,
            sum(alert_area.pixel_count) as pixel_count,
            sum(alert_area.area_ha) as area_ha
        from {{ ref('stg_alert_area') }} as alert_area
        cross join project
        where alert_area.alert_date between project.period_start and project.period_end
        group by all
    ),

    final as (
        select
            zones.zone_id,
            zones.kind,
            zones.zone_name,
            observed.product,
            observed.product_version,
            observed.retrieved_on,
            observed.first_day as {{ 'week_start' if unit == 'week' else 'month' }},
            {% if unit == 'week' -%}
            isoyear(observed.first_day) as iso_year,
            week(observed.first_day) as iso_week,
            {% endif -%}
            observed.confidence,
            1 + date_diff('day', observed.from_day, observed.to_day) as days,
            observed.days_observed,
            cast(
                case when observed.days_observed > 0 then coalesce(alerts.pixel_count, 0) end as bigint
            ) as alert_pixel_count,
            cast(
                case when observed.days_observed > 0 then coalesce(alerts.area_ha, 0) end as decimal(18, 6)
            ) as alert_area_ha,
            case
                when observed.days_observed = 0 then 'the alerts were retrieved before these days'
            end as reason
        from zones
        cross join observed
        left join alerts
            on zones.zone_id = alerts.zone_id
            and observed.product = alerts.product
            and observed.confidence = alerts.confidence
            and observed.first_day = alerts.first_day
    )

    select * from final
{%- endmacro %}
