with source as (
    select * from {{ source('landed', 'alert_retrievals') }}
),

final as (
    select
        product,
        product_version,
        layer,
        series,
        address,
        retrieved_on,
        sha256,
        in_use,
        frozen,
        freeze_after_days,
        day_convention,
        confidences
    from source
)

select * from final
