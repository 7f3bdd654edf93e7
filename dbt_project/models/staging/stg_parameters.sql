with source as (
    select * from {{ source('landed', 'parameters') }}
),

final as (
    select
        parameter_id,
        rule_set,
        name,
        value,
        choice,
        unit,
        standard,
        document,
        version,
        section,
        valid_from,
        valid_to,
        status,
        confirmed_by,
        confirmed_on,
        confirmed_in,
        note,
        declared_by
    from source
)

select * from final
