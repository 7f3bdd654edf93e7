with project as (
    select * from {{ ref('stg_project') }}
),

known as (
    select * from {{ ref('int_record_sources') }}
    where dataset = 'activity_records'
),

trainings as (
    select
        activities.activity_id,
        activities.hours,
        coalesce(activities.topic, 'not stated') as topic
    from {{ ref('stg_activity_records') }} as activities
    inner join project on activities.started_on between project.period_start and project.period_end
    where activities.activity_type = 'training'
),

people as (
    select * from {{ ref('int_activity_people') }}
    where activity_type = 'training'
),

listed as (
    select distinct activity_id from people
),

held as (
    select
        if(grouping(trainings.topic) = 1, '*', trainings.topic) as topic,
        count(*) as training_count,
        count(*) - count(listed.activity_id) as trainings_without_participants,
        {{ sum_or_null('trainings.hours') }} as hours
    from trainings
    left join listed on trainings.activity_id = listed.activity_id
    group by grouping sets ((trainings.topic), ())
),

present as (
    select
        if(grouping(topic) = 1, '*', topic) as topic,
        count(distinct person_key) as people,
        count(distinct person_key) filter (where gender = 'female') as women,
        count(distinct person_key) filter (where gender = 'male') as men,
        count(distinct person_key) filter (where gender not in ('female', 'male')) as other_gender,
        count(distinct person_key) filter (where age_group = '15_29') as youth,
        count(distinct person_key) filter (where age_group <> '15_29') as not_youth,
        cast(sum(person_events) as bigint) as person_events,
        {{ sum_or_null('hours * attendances') }} as person_hours
    from people
    group by grouping sets ((topic), ())
),

joined as (
    select
        held.topic,
        known.reason as unknown_reason,
        known.note,
        project.min_group,
        case when known.is_known then held.training_count end as training_count,
        case when known.is_known then coalesce(held.hours, if(held.training_count = 0, 0, null)) end as hours,
        held.trainings_without_participants,
        -- Where trainings were held and nobody is named, how many people there were is not known; it is not none.
        case
            when known.is_known and (present.people > 0 or held.training_count = 0) then coalesce(present.people, 0)
        end as people,
        case
            when known.is_known and (present.people > 0 or held.training_count = 0) then coalesce(present.women, 0)
        end as women,
        case
            when known.is_known and (present.people > 0 or held.training_count = 0) then coalesce(present.youth, 0)
        end as youth,
        case
            when known.is_known and ((present.people + present.person_events) > 0 or held.training_count = 0)
                then coalesce(present.person_events, 0)
        end as person_events,
        case
            when known.is_known and held.training_count = 0 then 0
            when known.is_known and held.trainings_without_participants = 0 then present.person_hours
        end as person_hours,
        held.topic <> '*'
        and coalesce({{ small_group(['present.people', 'present.person_events'], 'project.min_group') }}, false)
            as small_topic,
        coalesce(
            {{ small_group(['present.women', 'present.men', 'present.other_gender'], 'project.min_group') }}, false
        ) as small_gender,
        coalesce({{ small_group(['present.youth', 'present.not_youth'], 'project.min_group') }}, false) as small_age
    from held
    cross join project
    cross join known
    left join present on held.topic = present.topic
),

told as (
    select
        *,
        case when not small_topic then people end as people_told,
        case when not small_topic then person_events end as events_told,
        case when not small_topic then person_hours end as person_hours_told,
        case when not (small_topic or small_gender) then women end as women_told,
        case when not (small_topic or small_age) then youth end as youth_told,
        case when not (small_topic or small_gender) then women * 100 end as women_by_hundred,
        case when not (small_topic or small_age) then youth * 100 end as youth_by_hundred
    from joined
),

final as (
    select
        topic,
        training_count,
        cast(hours as decimal(18, 6)) as hours,
        cast(person_hours_told as decimal(18, 6)) as person_hours,
        people_told as people,
        women_told as women,
        youth_told as youth,
        {{ divide('women_by_hundred', 'people', 0, scale=6, width=18) }} as women_share_percent,
        {{ divide('youth_by_hundred', 'people', 0, scale=6, width=18) }} as youth_share_percent,
        events_told as person_events,
        coalesce(
            unknown_reason,
            case
                when small_topic or small_gender or small_age
                    then 'groups of fewer than ' || min_group || ' are not told'
            end,
            case when hours is null then 'a training has no hours' end,
            case
                when trainings_without_participants > 0
                    then trainings_without_participants || ' training(s) have no participants recorded'
            end,
            case when people is null then 'nobody is named: only person-events are known' end,
            case when people = 0 then 'no training was held, so that there is no share' end,
            note
        ) as reason
    from told
)

select * from final
