with final as (
    select
        fire_zones.zone_id,
        fires.fire_id,
        fires.acquired_on_utc,
        fires.confidence,
        coalesce(fires.fire_type, 0) = 0 as is_vegetation_detection,
        fire_events.event_id,
        fire_events.is_vegetation
    from {{ ref('stg_fires') }} as fires
    inner join {{ ref('stg_fire_zones') }} as fire_zones on fires.fire_id = fire_zones.fire_id
    inner join {{ ref('stg_fire_events') }} as fire_events on fires.fire_id = fire_events.fire_id
    cross join {{ ref('stg_project') }} as project
    where fires.acquired_on_utc between project.period_start and project.period_end
)

select * from final
