with project as (
    select * from {{ ref('stg_project') }}
),

counts as (
    select
        activity_id,
        count(distinct person_key) as people,
        count(distinct person_key) filter (where gender = 'female') as women,
        count(distinct person_key) filter (where gender = 'male') as men,
        count(distinct person_key) filter (where gender not in ('female', 'male')) as other_gender,
        count(distinct person_key) filter (where age_group = '15_29') as youth,
        count(distinct person_key) filter (where age_group <> '15_29') as not_youth,
        cast(sum(person_events) as bigint) as person_events,
        count(distinct household_key) as households
    from {{ ref('int_activity_people') }}
    group by activity_id
),

judged as (
    select
        counts.*,
        {{ small_group(['women', 'men', 'other_gender'], 'project.min_group') }} as small_gender,
        {{ small_group(['youth', 'not_youth'], 'project.min_group') }} as small_age,
        {{ small_group(['people'], 'project.min_group') }} as small_people,
        {{ small_group(['person_events'], 'project.min_group') }} as small_events,
        {{ small_group(['households'], 'project.min_group') }} as small_households
    from counts
    cross join project
),

final as (
    select
        activities.activity_id,
        activities.activity_type,
        activities.field,
        activities.topic,
        activities.driver,
        activities.started_on,
        activities.ended_on,
        activities.hours,
        activities.community_id,
        activities.counting,
        -- Who was only counted is not known to be nobody.
        case when judged.people > 0 and not judged.small_people then judged.people end as people,
        case when judged.people > 0 and not judged.small_gender then judged.women end as women,
        case when judged.people > 0 and not judged.small_age then judged.youth end as youth,
        case when not judged.small_events then judged.person_events end as person_events,
        case when judged.households > 0 and not judged.small_households then judged.households end as households,
        activities.decision_count,
        case
            when judged.activity_id is null then 'no participants were recorded'
            when
                judged.small_gender or judged.small_age or judged.small_people or judged.small_events
                or judged.small_households
                then 'groups of fewer than ' || project.min_group || ' are not told'
            when judged.people = 0 then 'nobody is named: only person-events are known'
            when judged.households = 0 then 'no household is named'
        end as reason
    from {{ ref('stg_activity_records') }} as activities
    inner join project on activities.started_on between project.period_start and project.period_end
    left join judged on activities.activity_id = judged.activity_id
)

select * from final
