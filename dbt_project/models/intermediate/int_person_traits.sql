-- One gender and one age group per person: those of the latest record until the period's end that states them.
-- Otherwise a person whose sheets differ would be counted as a woman and as a man.
with project as (
    select * from {{ ref('stg_project') }}
),

told as (
    select
        participants.person_key,
        activities.started_on as told_on,
        participants.gender,
        participants.age_group
    from {{ ref('stg_activity_participants') }} as participants
    inner join {{ ref('stg_activity_records') }} as activities on participants.activity_id = activities.activity_id
    where activities.counting = 'people'
    union all
    select
        person_key,
        work_from as told_on,
        gender,
        age_group
    from {{ ref('stg_employment_records') }}
),

known as (
    select told.*
    from told
    inner join project on told.told_on <= project.period_end
    where told.person_key is not null
),

genders as (
    select
        person_key,
        gender
    from known
    qualify row_number() over (
        partition by person_key
        order by gender = 'not_stated' asc, told_on desc, gender asc
    ) = 1
),

ages as (
    select
        person_key,
        age_group
    from known
    qualify row_number() over (
        partition by person_key
        order by age_group = 'not_stated' asc, told_on desc, age_group asc
    ) = 1
),

final as (
    select
        genders.person_key,
        genders.gender,
        ages.age_group
    from genders
    inner join ages on genders.person_key = ages.person_key
)

select * from final
