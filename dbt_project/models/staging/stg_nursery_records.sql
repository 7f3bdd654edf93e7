with source as (
    select * from {{ source('landed', 'nursery_records') }}
),

final as (
    select
        nursery_record_id,
        nursery_id,
        community_id,
        scientific_name,
        period_from,
        period_to,
        sown_count,
        produced_count,
        distributed_count,
        lost_count
    from source
)

select * from final
