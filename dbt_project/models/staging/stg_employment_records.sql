with source as (
    select * from {{ source('landed', 'employment_records') }}
),

final as (
    select
        employment_id,
        person_key,
        coalesce(gender, 'not_stated') as gender,
        coalesce(age_group, 'not_stated') as age_group,
        community_id,
        field,
        work_from,
        work_to,
        cast(days_worked as decimal(18, 6)) as days_worked,
        cast(full_time_share as decimal(18, 9)) as full_time_share
    from source
)

select * from final
