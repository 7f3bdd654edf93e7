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
        -- An entry holds until its own last day, or until the day before the next entry of the same community.
        least(
            valid_to,
            cast(lead(valid_from) over (partition by community_id order by valid_from asc) - 1 as date)
        ) as valid_to,
        source
    from source
)

select * from final
