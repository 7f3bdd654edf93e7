with source as (
    select * from {{ source('landed', 'check_results') }}
),

final as (
    select
        dataset,
        rule,
        severity,
        description,
        outcome,
        rows_evaluated,
        rows_failed,
        observed,
        waived_by,
        waiver_reason
    from source
)

select * from final
