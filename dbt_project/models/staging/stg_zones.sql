with source as (
    select * from {{ source('landed', 'zones') }}
),

final as (
    select
        zone_id,
        kind,
        zone_name,
        partner,
        boundary_version,
        area_ha,
        illustrative,
        boundary_sha256
    from source
)

select * from final
