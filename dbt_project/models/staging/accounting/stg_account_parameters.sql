with source as (
    select * from {{ source('landed', 'account_parameters') }}
),

final as (
    select
        project_id,
        rule_set,
        vintage_year,
        name,
        value,
        choice,
        parameter_id
    from source
)

select * from final
