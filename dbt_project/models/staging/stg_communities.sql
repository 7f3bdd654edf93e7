with source as (
    select * from {{ source('landed', 'communities') }}
),

final as (
    select
        community_id,
        community_name,
        community_kind,
        indigenous_people,
        zone_id,
        household_count,
        population,
        partner,
        valid_from,
        valid_to,
        source
    from source
)

select * from final
