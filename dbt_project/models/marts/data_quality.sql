with checks as (
    select * from {{ ref('stg_check_results') }}
),

batches as (
    select * from {{ ref('stg_batches') }}
),

final as (
    select
        checks.dataset,
        checks.rule,
        checks.severity,
        checks.description,
        checks.outcome,
        checks.rows_evaluated,
        checks.rows_failed,
        checks.observed,
        checks.waived_by,
        checks.waiver_reason,
        batches.rows_read,
        batches.rows_accepted,
        batches.rows_quarantined
    from checks
    left join batches on checks.dataset = batches.dataset
)

select * from final
