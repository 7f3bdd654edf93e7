with source as (
    select * from {{ source('landed', 'planting_records') }}
),

final as (
    select
        planting_id,
        site_id,
        community_id,
        household_key,
        purpose,
        scientific_name,
        planted_on,
        seedling_count,
        cast(area_ha as decimal(18, 6)) as area_ha
    from source
)

select * from final
