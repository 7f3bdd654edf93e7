with source as (
    select * from {{ source('landed', 'survival_checks') }}
),

final as (
    select
        survival_check_id,
        site_id,
        scientific_name,
        checked_on,
        checked_count,
        alive_count
    from source
)

select * from final
