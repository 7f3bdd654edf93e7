with source as (
    select * from {{ source('landed', 'record_cells') }}
),

final as (
    select
        dataset,
        record_id,
        rule,
        cell_m,
        cell_id,
        longitude,
        latitude,
        reason
    from source
)

select * from final
