with source as (
    select * from {{ source('landed', 'activity_records') }}
),

final as (
    select
        activity_id,
        activity_type,
        field,
        topic,
        driver,
        started_on,
        ended_on,
        cast(hours as decimal(18, 6)) as hours,
        community_id,
        decision_count,
        counting
    from source
)

select * from final
