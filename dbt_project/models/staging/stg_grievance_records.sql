with source as (
    select * from {{ source('landed', 'grievance_records') }}
),

final as (
    select
        grievance_id,
        received_on,
        category,
        community_id,
        coalesce(complainant_gender, 'not_stated') as complainant_gender,
        acknowledged_on,
        responded_on,
        closed_on,
        outcome
    from source
)

select * from final
