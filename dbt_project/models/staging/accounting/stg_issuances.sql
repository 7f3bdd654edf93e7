with source as (
    select * from {{ source('landed', 'issuances') }}
),

final as (
    select
        registry,
        registry_project_id,
        project_name,
        methodology,
        issued_on,
        vintage_start,
        vintage_end,
        total_vintage_quantity,
        quantity_issued,
        serial_number,
        block_start,
        block_end,
        additional_certifications,
        retired_on,
        retirement_reason
    from source
)

select * from final
