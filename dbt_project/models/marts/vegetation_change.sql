with final as (
    select
        change.zone_id,
        zones.kind,
        zones.zone_name,
        change.vegetation_index,
        change.source_name,
        change.before_id,
        change.after_id,
        change.before_first_day,
        change.before_last_day,
        change.after_first_day,
        change.after_last_day,
        change.mean_before,
        change.mean_after,
        change.mean_change,
        change.clear_pixel_count,
        change.zone_pixel_count,
        change.clear_area_ha,
        change.zone_area_ha,
        change.clear_share,
        case
            when change.before_first_day is null then 'composite ' || change.before_id || ' has no scene'
            when change.after_first_day is null then 'composite ' || change.after_id || ' has no scene'
            when change.clear_pixel_count = 0 then 'no pixel of the zone is clear in both composites'
        end as reason
    from {{ ref('stg_vegetation_change') }} as change
    inner join {{ ref('stg_zones') }} as zones on change.zone_id = zones.zone_id
)

select * from final
