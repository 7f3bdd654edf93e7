with source as (
    select * from {{ source('landed', 'alert_coverage') }}
),

final as (
    select
        product,
        product_version,
        first_day,
        last_day
    from source
)

select * from final
