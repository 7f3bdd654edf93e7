with final as (
    select
        composite_id,
        collection,
        scene_id,
        source_name,
        platform,
        acquired_on_utc,
        tile,
        cloud_percent,
        processing_version,
        offset_applied,
        reflectance_scale,
        reflectance_offset,
        used,
        reason_not_used as reason,
        item_sha256,
        page_sha256,
        page_item
    from {{ ref('stg_scenes') }}
)

select * from final
