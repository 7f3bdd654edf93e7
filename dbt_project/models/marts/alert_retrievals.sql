with retrievals as (
    select * from {{ ref('stg_alert_retrievals') }}
),

final as (
    select
        product,
        product_version,
        layer,
        address,
        retrieved_on,
        sha256,
        in_use,
        frozen,
        freeze_after_days,
        day_convention
    from retrievals
)

select * from final
