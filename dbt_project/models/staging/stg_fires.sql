with source as (
    select * from {{ source('landed', 'fires') }}
),

final as (
    select
        fire_id,
        acquired_at_utc,
        acquired_on_utc,
        latitude,
        longitude,
        satellite,
        confidence,
        fire_type,
        frp_mw
    from source
)

select * from final
