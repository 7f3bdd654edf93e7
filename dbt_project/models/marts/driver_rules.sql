with rules as (
    select * from {{ ref('stg_driver_rules') }}
),

names as (
    select * from {{ ref('int_driver_names') }}
),

final as (
    select
        rules.position,
        rules.rule_id,
        rules.driver_hint,
        names.driver_en as driver_hint_en,
        names.driver_es as driver_hint_es,
        rules.conditions,
        rules.note_en,
        rules.note_es,
        rules.reference,
        rules.rules_version
    from rules
    inner join names on rules.driver_hint = names.driver
)

select * from final
