with source as (
    select * from {{ source('landed', 'taxon_matches') }}
),

final as (
    select
        name_given,
        name_accepted,
        name_told,
        match_level,
        backbone
    from source
)

select * from final
