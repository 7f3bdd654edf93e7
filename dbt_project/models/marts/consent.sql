with project as (
    select * from {{ ref('stg_project') }}
),

steps as (
    select
        steps.*,
        steps.held_on >= project.period_start as in_period,
        100 * steps.women_count as women_by_hundred,
        row_number() over (
            partition by steps.community_id
            order by steps.held_on desc, steps.consent_step_id desc
        ) = 1 as is_latest
    from {{ ref('stg_consent_steps') }} as steps
    inner join project on steps.held_on <= project.period_end
),

final as (
    select
        steps.consent_step_id,
        steps.community_id,
        register.community_name,
        steps.step,
        steps.held_on,
        steps.outcome,
        steps.in_period,
        steps.is_latest,
        steps.participant_count,
        steps.women_count,
        {{ divide('steps.women_by_hundred', 'steps.participant_count', 0, scale=6, width=18) }} as women_share_percent,
        case
            when steps.participant_count is null or steps.women_count is null then 'participants were not counted'
            when steps.participant_count = 0 then 'nobody took part, so that there is no share'
        end as reason
    from steps
    left join {{ ref('int_community_names') }} as register on steps.community_id = register.community_id
)

select * from final
