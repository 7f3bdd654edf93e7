with withheld as (
    select * from {{ ref('stg_privacy_log') }}
),

generalised as (
    select
        dataset,
        rule,
        count(*) as record_count
    from {{ ref('stg_record_cells') }}
    group by dataset, rule
),

final as (
    select
        dataset,
        column_name,
        rule,
        privacy,
        value_count
    from withheld
    union all
    -- The place as such: under which rule how many records are told.
    select
        dataset,
        'place' as column_name,
        rule,
        'position' as privacy,
        record_count as value_count
    from generalised
)

select * from final
