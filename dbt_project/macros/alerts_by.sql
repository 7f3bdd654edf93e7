{#
Alerts of the monitoring period by zone, product, confidence and week or month: one row for each, also where there is none.

unit: week (ISO, from Monday) or month. Only alerts dated within the period count; days before the product's first and after the retrieval were not observed.
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
            max(freeze_after_days) as freeze_after_days,
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
            days.*,
            1 + date_diff('day', days.from_day, days.to_day) as days,
            min(coverage.first_day) as begins_on,
            max(coverage.last_day) as ends_on,
            cast(
                coalesce(
                    sum(
                        greatest(
                            0,
                            1 + date_diff(
                                'day',
                                greatest(days.from_day, coverage.first_day),
                                least(days.to_day, coverage.last_day)
                            )
                        )
                    ), 0
                ) as bigint
            ) as days_observed
        from days
        left join {{ ref('stg_alert_coverage') }} as coverage on days.product = coverage.product
        group by all
    ),

    alerts as (
        select
            alert_area.zone_id,
            alert_area.product,
            alert_area.confidence,
            date_trunc('{{ unit }}', alert_area.alert_date)::date as first_day,
            sum(alert_area.pixel_count) as pixel_count,
            cast(sum(alert_area.area_um2) as decimal(38, 0)) as area_um2
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
            observed.days,
            observed.days_observed,
            observed.retrieved_on
            > observed.to_day + cast(observed.freeze_after_days as integer) as settled,
            cast(
                case when observed.days_observed > 0 then coalesce(alerts.pixel_count, 0) end as bigint
            ) as alert_pixel_count,
            {{ um2_to_ha('if(observed.days_observed > 0, coalesce(alerts.area_um2, 0), null)') }} as alert_area_ha,
            case
                when observed.days_observed = observed.days then null
                when observed.days_observed > 0
                    then 'alerts were observed on ' || observed.days_observed || ' of ' || observed.days || ' days'
                when observed.to_day < observed.begins_on
                    then 'the product has no alerts of days before ' || observed.begins_on
                when observed.from_day > observed.ends_on then 'the alerts were retrieved before these days'
                else 'no file of the product shows these days'
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
