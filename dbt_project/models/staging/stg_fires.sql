with source as (
    select * from {{ source('landed', 'fires') }}
),

final as (
    select
        fire_id,
        acquired_on_utc,
        confidence
    from source
)

select * from final
