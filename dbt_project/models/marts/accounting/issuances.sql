with issuances as (
    select * from {{ ref('stg_issuances') }}
),

final as (
    select
        registry,
        serial_number,
        registry_project_id,
        project_name,
        methodology,
        -- Serial numbers of Verra name their unit; those of other registries are not read.
        if(contains(serial_number, '-VCU-'), 'VCU', null) as credit_unit,
        vintage_start,
        vintage_end,
        total_vintage_quantity,
        block_start,
        block_end,
        quantity_issued,
        issued_on,
        retired_on is not null as is_retired,
        retired_on,
        retirement_reason,
        additional_certifications
    from issuances
)

select * from final
