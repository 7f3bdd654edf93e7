with zones as (
    select * from {{ ref('stg_zones') }}
),

project as (
    select * from {{ ref('stg_project') }}
),

observed as (
    select count(*) > 0 as is_observed
    from {{ ref('stg_batches') }}
    where dataset = 'fires'
),

months as (
    select
        unnest(
            generate_series(
                date_trunc('month', period_start)::timestamp,
                date_trunc('month', period_end)::timestamp,
                interval 1 month
            )
        )::date as month,
        period_start,
        period_end
    from project
),

detections as (
    select
        fire_zones.zone_id,
        date_trunc('month', fires.acquired_on_utc)::date as month,
        count(*) as detections,
        count(distinct fire_events.event_id) as distinct_fires,
        count(*) filter (where fires.confidence = 'low') as low,
        count(*) filter (where fires.confidence = 'nominal') as nominal,
        count(*) filter (where fires.confidence = 'high') as high
    from {{ ref('stg_fires') }} as fires
    inner join {{ ref('stg_fire_zones') }} as fire_zones on fires.fire_id = fire_zones.fire_id
    inner join {{ ref('stg_fire_events') }} as fire_events on fires.fire_id = fire_events.fire_id
    cross join project
    where fires.acquired_on_utc between project.period_start and project.period_end
    group by fire_zones.zone_id, date_trunc('month', fires.acquired_on_utc)
),

final as (
    select
        zones.zone_id,
        zones.kind,
        zones.zone_name,
        months.month,
        1 + date_diff(
            'day',
            greatest(months.month, months.period_start),
            least(last_day(months.month), months.period_end)
        ) as days,
        observed.is_observed as measured,
        case when observed.is_observed then coalesce(detections.detections, 0) end as fire_count,
        case when observed.is_observed then coalesce(detections.distinct_fires, 0) end as distinct_fire_count,
        case when observed.is_observed then coalesce(detections.low, 0) end as low_confidence_count,
        case when observed.is_observed then coalesce(detections.nominal, 0) end as nominal_confidence_count,
        case when observed.is_observed then coalesce(detections.high, 0) end as high_confidence_count,
        case when not observed.is_observed then 'no fire detections were landed' end as reason
    from zones
    cross join months
    cross join observed
    left join detections on zones.zone_id = detections.zone_id and months.month = detections.month
)

select * from final
