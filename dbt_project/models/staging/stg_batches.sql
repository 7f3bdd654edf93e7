with source as (
    select * from {{ source('landed', 'batches') }}
),

final as (
    select
        dataset,
        rows_read,
        rows_accepted,
        rows_quarantined
    from source
)

select * from final
