with source as (
    select * from {{ source('landed', 'baseline_versions') }}
),

final as (
    select
        project_id,
        baseline_version,
        mode,
        valid_from,
        valid_to,
        reference_first_year,
        reference_last_year,
        document,
        illustrative
    from source
)

select * from final
