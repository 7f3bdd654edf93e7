with source as (
    select * from {{ source('landed', 'accounts') }}
),

final as (
    select
        project_id,
        rule_set,
        is_primary,
        period_id,
        period_start,
        period_end,
        crediting_start,
        crediting_end
    from source
)

select * from final
