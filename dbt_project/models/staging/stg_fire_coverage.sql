with landed as (
    select * from {{ source('landed', 'fire_coverage') }}
),

final as (
    select
        landed.source,
        landed.collection,
        landed.observed_on,
        landed.basis
    from landed
)

select * from final
