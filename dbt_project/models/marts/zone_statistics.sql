with final as (
    select
        statistics.zone_id,
        zones.kind,
        zones.zone_name,
        statistics.stratum_id,
        statistics.product,
        statistics.product_version,
        statistics.layer,
        statistics.first_day,
        statistics.last_day,
        statistics.unit,
        statistics.mean_value,
        statistics.minimum_value,
        statistics.maximum_value,
        statistics.value_step,
        statistics.pixel_count,
        statistics.area_ha,
        statistics.nodata_area_ha,
        statistics.pixel_rule,
        case when statistics.pixel_count = 0 then 'no pixel was measured' end as reason
    from {{ ref('stg_zone_statistics') }} as statistics
    inner join {{ ref('stg_zones') }} as zones on statistics.zone_id = zones.zone_id
)

select * from final
