with source as (
    select * from {{ source('landed', 'project') }}
),

final as (
    select
        project_id,
        project_name,
        period_id,
        period_start,
        period_end,
        crediting_start,
        crediting_end,
        rule_set,
        emission_factor_method,
        illustrative,
        simulated,
        min_group
    from source
)

select * from final
