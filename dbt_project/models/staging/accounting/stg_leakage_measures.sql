with source as (
    select * from {{ source('landed', 'leakage_measures') }}
),

final as (
    select
        project_id,
        year,
        measure,
        quantity,
        unit,
        source
    from source
)

select * from final
