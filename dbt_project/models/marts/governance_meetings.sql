with activities as (
    select * from {{ ref('community_activities') }}
),

final as (
    select
        activities.activity_id as meeting_id,
        activities.activity_type as meeting_kind,
        activities.started_on as held_on,
        activities.community_id,
        register.community_name,
        activities.topic,
        activities.hours,
        activities.people,
        activities.women,
        activities.youth,
        activities.person_events,
        activities.decision_count,
        activities.reason
    from activities
    left join {{ ref('int_community_names') }} as register on activities.community_id = register.community_id
    where activities.activity_type in ('assembly', 'governance_meeting')
)

select * from final
