with source as (
    select * from {{ source('landed', 'patrol_events') }}
),

final as (
    select
        event_id,
        source_system,
        patrol_id,
        event_kind,
        threat_type,
        source_category,
        severity,
        affected_area_ha,
        community_id,
        responded_on,
        resolved_on
    from source
)

select * from final
