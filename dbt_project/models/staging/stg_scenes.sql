with source as (
    select * from {{ source('landed', 'scenes') }}
),

final as (
    select
        composite_id,
        scene_id,
        collection,
        source as source_name,
        platform,
        acquired_on_utc,
        tile,
        cloud_percent,
        processing_version,
        offset_applied,
        reflectance_scale,
        reflectance_offset,
        used,
        reason_not_used,
        item_sha256,
        _artifact as page_sha256,
        _row as page_item
    from source
)

select * from final
