with source as (
    select * from {{ source('landed', 'record_zones') }}
),

final as (
    select
        dataset,
        record_id,
        zone_id
    from source
)

select * from final
