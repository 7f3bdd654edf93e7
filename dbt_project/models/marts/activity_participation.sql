-- One row per activity, gender and age group that took part, and one for all of them (*). A gender or age group that
-- nobody had is no row.
with project as (
    select * from {{ ref('stg_project') }}
),

counts as (
    select
        activity_id,
        if(grouping(gender) = 1, '*', gender) as gender,
        if(grouping(age_group) = 1, '*', age_group) as age_group,
        count(distinct person_key) as people,
        cast(sum(person_events) as bigint) as person_events
    from {{ ref('int_activity_people') }}
    group by grouping sets ((activity_id, gender, age_group), (activity_id))
),

judged as (
    select
        counts.*,
        project.min_group,
        bool_or(
            counts.gender <> '*'
            and (
                {{ small_group(['counts.people', 'counts.person_events'], 'project.min_group') }}
            )
        ) over (partition by counts.activity_id) as small,
        {{ small_group(['counts.people'], 'project.min_group') }} as small_people,
        {{ small_group(['counts.person_events'], 'project.min_group') }} as small_events
    from counts
    cross join project
),

final as (
    select
        activity_id,
        gender,
        age_group,
        case when not small_people and (gender = '*' or not small) then people end as people,
        case when not small_events and (gender = '*' or not small) then person_events end as person_events,
        case
            when (gender <> '*' and small) or small_people or small_events
                then 'groups of fewer than ' || min_group || ' are not told'
        end as reason
    from judged
)

select * from final
