with source as (
    select * from {{ source('landed', 'privacy_log') }}
),

final as (
    select
        dataset,
        column_name,
        privacy,
        rule,
        value_count
    from source
)

select * from final
