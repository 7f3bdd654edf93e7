with project as (
    select * from {{ ref('stg_project') }}
),

steps as (
    select
        steps.*,
        steps.held_on >= project.period_start as in_period,
        coalesce({{ small_group(['steps.participant_count'], 'project.min_group') }}, false) as small_people,
        coalesce(
            {{ small_group(
                ['steps.women_count', '(steps.participant_count - steps.women_count)'], 'project.min_group'
            ) }},
            false
        ) as small_gender,
        project.min_group,
        row_number() over (
            partition by steps.community_id
            order by steps.held_on desc, {{ consent_rank('steps.step') }} desc, steps.consent_step_id desc
        ) = 1 as is_latest
    from {{ ref('stg_consent_steps') }} as steps
    inner join project on steps.held_on <= project.period_end
),

told as (
    select
        *,
        case when not small_people then participant_count end as people_told,
        case when not (small_people or small_gender) then women_count end as women_told,
        case when not (small_people or small_gender) then 100 * women_count end as women_by_hundred
    from steps
),

final as (
    select
        told.consent_step_id,
        told.community_id,
        register.community_name,
        told.step,
        told.held_on,
        told.outcome,
        told.in_period,
        told.is_latest,
        told.people_told as participant_count,
        told.women_told as women_count,
        {{ divide('told.women_by_hundred', 'told.participant_count', 0, scale=6, width=18) }} as women_share_percent,
        case
            when told.small_people or told.small_gender
                then 'groups of fewer than ' || told.min_group || ' are not told'
            when told.participant_count is null or told.women_count is null then 'participants were not counted'
            when told.participant_count = 0 then 'nobody took part, so that there is no share'
        end as reason
    from told
    left join {{ ref('int_community_names') }} as register on told.community_id = register.community_id
)

select * from final
