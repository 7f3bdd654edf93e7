with source as (
    select * from {{ source('landed', 'consent_steps') }}
),

final as (
    select
        consent_step_id,
        community_id,
        step,
        held_on,
        outcome,
        participant_count,
        women_count
    from source
)

select * from final
