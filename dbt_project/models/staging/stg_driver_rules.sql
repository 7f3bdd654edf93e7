with source as (
    select * from {{ source('landed', 'driver_rules') }}
),

final as (
    select
        rule_id,
        position,
        driver_hint,
        conditions,
        note_en,
        note_es,
        reference,
        rules_version
    from source
)

select * from final
