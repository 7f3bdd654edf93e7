with source as (
    select * from {{ source('landed', 'hcv_visits') }}
),

final as (
    select
        hcv_visit_id,
        zone_id,
        hcv_class,
        visited_on,
        condition,
        threat_type
    from source
)

select * from final
