-- Threats of the period by zone. None is told as 0 only where a patrol walked: where nobody looked nothing is known.
with ways as (
    select
        zone_id,
        distance_km
    from {{ ref('stg_patrol_coverage') }}
    where month is null
),

located as (
    select
        zones.zone_id,
        count(*) as threat_count
    from {{ ref('int_threats') }} as threats
    inner join {{ ref('stg_record_zones') }} as zones
        on
            threats.event_id = zones.record_id
            and zones.dataset = 'patrol_events'
    group by zones.zone_id
),

looked as (
    select
        zones.zone_id,
        sources.has_events,
        sources.events_reason,
        ways.distance_km,
        coalesce(located.threat_count, 0) as threat_count,
        coalesce(ways.distance_km, 0) > 0 or located.threat_count is not null as is_looked_at
    from {{ ref('stg_zones') }} as zones
    cross join {{ ref('int_patrol_sources') }} as sources
    left join ways on zones.zone_id = ways.zone_id
    left join located on zones.zone_id = located.zone_id
),

final as (
    select
        zone_id,
        is_looked_at,
        case when has_events and is_looked_at then threat_count end as threat_count,
        case
            when not has_events then events_reason
            when not is_looked_at and distance_km is null then 'no track shows that a patrol walked here'
            when not is_looked_at then 'no patrol walked here'
        end as reason
    from looked
)

select * from final
