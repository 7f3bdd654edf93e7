with source as (
    select * from {{ source('landed', 'issuances_set_aside') }}
),

final as (
    select
        vintage_start,
        vintage_end,
        row_count
    from source
)

select * from final
