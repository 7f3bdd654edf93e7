with source as (
    select * from {{ source('landed', 'patrol_records') }}
),

final as (
    select
        patrol_id,
        source_system,
        patrol_type,
        transport,
        community_id,
        member_count
    from source
)

select * from final
