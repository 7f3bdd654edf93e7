with project as (
    select * from {{ ref('stg_project') }}
),

spans as (
    select
        'month' as period_type,
        cast(
            unnest(
                generate_series(
                    cast(date_trunc('month', period_start) as timestamp),
                    cast(date_trunc('month', period_end) as timestamp),
                    interval 1 month
                )
            ) as date
        ) as month
    from project
    union all
    select
        'period' as period_type,
        null as month
    from project
),

bounded as (
    select
        spans.period_type,
        spans.month,
        greatest(coalesce(spans.month, project.period_start), project.period_start) as period_start,
        least(coalesce(last_day(spans.month), project.period_end), project.period_end) as period_end
    from spans
    cross join project
),

untracked as (
    select
        bounded.period_type,
        bounded.period_start,
        count(effort.patrol_id) as untracked_patrol_count
    from bounded
    left join {{ ref('stg_patrol_effort') }} as effort
        on
            effort.distance_km is null
            and coalesce(effort.started_on, effort.ended_on, bounded.period_start) <= bounded.period_end
            and coalesce(effort.ended_on, effort.started_on, bounded.period_end) >= bounded.period_start
    group by bounded.period_type, bounded.period_start
),

threats as (
    select
        zones.zone_id,
        bounded.period_type,
        bounded.period_start,
        count(*) as threat_count
    from {{ ref('int_threats') }} as threats
    inner join {{ ref('stg_record_zones') }} as zones
        on
            threats.event_id = zones.record_id
            and zones.dataset = 'patrol_events'
    inner join bounded on threats.observed_on between bounded.period_start and bounded.period_end
    group by zones.zone_id, bounded.period_type, bounded.period_start
),

told as (
    select
        zones.zone_id,
        zones.kind,
        zones.zone_name,
        bounded.period_type,
        bounded.period_start,
        bounded.period_end,
        coverage.cell_m,
        coverage.cell_count,
        coverage.visited_cell_count,
        coverage.distance_km,
        untracked.untracked_patrol_count,
        coalesce(threats.threat_count, 0) as threat_count,
        sources.has_events,
        sources.has_tracks,
        sources.events_reason,
        sources.tracks_reason,
        sources.patrols_first_day,
        -- Before the first record of all nobody can tell whether a patrol went out.
        sources.has_tracks and coalesce(sources.patrols_first_day <= bounded.period_end, true) as is_measured
    from {{ ref('stg_zones') }} as zones
    cross join bounded
    cross join {{ ref('int_patrol_sources') }} as sources
    inner join untracked
        on
            bounded.period_type = untracked.period_type
            and bounded.period_start = untracked.period_start
    left join {{ ref('stg_patrol_coverage') }} as coverage
        on
            zones.zone_id = coverage.zone_id
            and bounded.month is not distinct from coverage.month
    left join threats
        on
            zones.zone_id = threats.zone_id
            and bounded.period_type = threats.period_type
            and bounded.period_start = threats.period_start
),

looked as (
    select
        *,
        has_events and (threat_count > 0 or coalesce(is_measured and distance_km > 0, false)) as is_looked_at
    from told
),

final as (
    select
        zone_id,
        kind,
        zone_name,
        period_type,
        period_start,
        period_end,
        cell_m,
        cell_count,
        case when is_measured then visited_cell_count end as visited_cell_count,
        case
            when is_measured and cell_count > 0
                then {{ divide('(100 * visited_cell_count)', 'cell_count', 0, scale=2, width=9) }}
        end as coverage_percent,
        case when is_measured then distance_km end as distance_km,
        case when is_looked_at then threat_count end as threat_count,
        untracked_patrol_count,
        case
            when not has_tracks then tracks_reason
            when not is_measured then 'the records of patrols begin on ' || patrols_first_day
            when cell_count is null then 'the zone was not measured'
            when cell_count = 0 then 'no cell of the grid has its centre in the zone'
            when untracked_patrol_count > 0
                then untracked_patrol_count || ' patrol(s) have no track that could be measured'
        end as reason,
        case
            when is_looked_at then null
            when not has_events then events_reason
            else 'no track shows that a patrol walked here'
        end as threat_reason
    from looked
)

select * from final
