with source as (
    select * from {{ source('landed', 'activity_participants') }}
),

final as (
    select
        activity_id,
        participant_id,
        person_key,
        household_key,
        coalesce(gender, 'not_stated') as gender,
        coalesce(age_group, 'not_stated') as age_group,
        participant_count,
        cast(benefit_quantity as decimal(18, 6)) as benefit_quantity
    from source
)

select * from final
