{#
Active fires of the monitoring period by zone and month, or by zone: one row for each, also where there is none.

unit: month or period. A day counts as observed where a collection shows it; of days that none shows nothing is told.
#}
{% macro fires_by(unit) -%}
    with zones as (
        select * from {{ ref('stg_zones') }}
    ),

    project as (
        select * from {{ ref('stg_project') }}
    ),

    landed as (
        select count(*) > 0 as is_landed
        from {{ ref('stg_batches') }}
        where dataset = 'fires'
    ),

    watched as (
        select distinct observed_on from {{ ref('stg_fire_coverage') }}
    ),

    spans as (
        {% if unit == 'month' -%}
        select
            unnest(
                generate_series(
                    date_trunc('month', period_start)::timestamp,
                    date_trunc('month', period_end)::timestamp,
                    interval 1 month
                )
            )::date as first_day,
            period_start as from_day,
            period_end as to_day
        from project
        {%- else -%}
        select
            period_start as first_day,
            period_start as from_day,
            period_end as to_day
        from project
    {%- endif %}
    ),

    bounded as (
        select
            first_day,
            greatest(first_day, from_day) as from_day,
            {% if unit == 'month' %}least(last_day(first_day), to_day){% else %}to_day{% endif %} as to_day
        from spans
    ),

    observed as (
        select
            bounded.first_day,
            1 + date_diff('day', bounded.from_day, bounded.to_day) as days,
            count(watched.observed_on) as days_observed
        from bounded
        left join watched on watched.observed_on between bounded.from_day and bounded.to_day
        group by bounded.first_day, bounded.from_day, bounded.to_day
    ),

    detections as (
        select
            fires.zone_id,
            bounded.first_day,
            count(*) as detections,
            count(distinct fires.event_id) filter (where fires.is_vegetation) as distinct_fires,
            count(*) filter (where not fires.is_vegetation_detection) as other_type,
            count(*) filter (where fires.confidence = 'low') as low,
            count(*) filter (where fires.confidence = 'nominal') as nominal,
            count(*) filter (where fires.confidence = 'high') as high
        from {{ ref('int_zone_fires') }} as fires
        inner join bounded on fires.acquired_on_utc between bounded.from_day and bounded.to_day
        group by fires.zone_id, bounded.first_day
    ),

    final as (
        select
            zones.zone_id,
            zones.kind,
            zones.zone_name,
            {% if unit == 'month' %}observed.first_day as month,{% endif %}
            observed.days,
            observed.days_observed,
            observed.days_observed = observed.days as measured,
            case when observed.days_observed > 0 then coalesce(detections.detections, 0) end as fire_count,
            case when observed.days_observed > 0 then coalesce(detections.distinct_fires, 0) end as distinct_fire_count,
            case when observed.days_observed > 0 then coalesce(detections.other_type, 0) end as other_type_count,
            case when observed.days_observed > 0 then coalesce(detections.low, 0) end as low_confidence_count,
            case when observed.days_observed > 0 then coalesce(detections.nominal, 0) end as nominal_confidence_count,
            case when observed.days_observed > 0 then coalesce(detections.high, 0) end as high_confidence_count,
            case
                when observed.days_observed = observed.days then null
                when not landed.is_landed then 'no fire detections were landed'
                when observed.days_observed = 0 then 'no collection of fires is known to show these days'
                else 'fires were observed on ' || observed.days_observed || ' of ' || observed.days || ' days'
            end as reason
        from zones
        cross join observed
        cross join landed
        left join detections on zones.zone_id = detections.zone_id and observed.first_day = detections.first_day
    )

    select * from final
{%- endmacro %}
