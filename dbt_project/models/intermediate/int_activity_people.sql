-- Participants of the activities that began in the period. A person is named by a code; whoever is not named is a
-- person-event, and so is everybody of an activity that declares to count those.
with project as (
    select * from {{ ref('stg_project') }}
),

activities as (
    select activities.*
    from {{ ref('stg_activity_records') }} as activities
    inner join project on activities.started_on between project.period_start and project.period_end
),

named as (
    select
        activities.activity_id,
        activities.activity_type,
        activities.field,
        coalesce(activities.topic, 'not stated') as topic,
        coalesce(activities.driver, 'none') as driver,
        activities.community_id,
        activities.hours,
        participants.participant_id,
        participants.household_key,
        participants.benefit_quantity,
        participants.participant_count,
        participants.gender as told_gender,
        participants.age_group as told_age_group,
        case when activities.counting = 'people' then participants.person_key end as person_key
    from activities
    inner join {{ ref('stg_activity_participants') }} as participants
        on activities.activity_id = participants.activity_id
),

final as (
    select
        named.activity_id,
        named.activity_type,
        named.field,
        named.topic,
        named.driver,
        named.community_id,
        named.hours,
        named.participant_id,
        named.person_key,
        named.household_key,
        named.benefit_quantity,
        coalesce(traits.gender, named.told_gender) as gender,
        coalesce(traits.age_group, named.told_age_group) as age_group,
        if(named.person_key is null, named.participant_count, 0) as person_events,
        if(named.person_key is null, named.participant_count, 1) as attendances
    from named
    left join {{ ref('int_person_traits') }} as traits on named.person_key = traits.person_key
)

select * from final
