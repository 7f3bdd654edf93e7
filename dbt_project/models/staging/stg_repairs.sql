with source as (
    select * from {{ source('landed', 'repairs') }}
),

final as (
    select
        dataset,
        artifact,
        column_name,
        rule,
        value_count,
        first_row
    from source
)

select * from final
