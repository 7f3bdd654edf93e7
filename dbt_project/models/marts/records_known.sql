with final as (
    select
        dataset,
        what,
        first_day,
        last_day,
        rows_accepted,
        rows_quarantined,
        rows_in_period,
        is_known,
        coalesce(reason, note) as reason
    from {{ ref('int_record_sources') }}
)

select * from final
