with source as (
    select * from {{ source('landed', 'loss_events') }}
),

final as (
    select
        project_id,
        event_id,
        occurred_on,
        zone_id,
        cause,
        is_avoidable,
        stock_loss_tco2e,
        notified_on,
        reported_on,
        source
    from source
)

select * from final
