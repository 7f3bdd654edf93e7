with coverage as (
    select * from {{ ref('stg_fire_coverage') }}
),

final as (
    select
        coverage.source,
        coverage.collection,
        coverage.observed_on,
        coverage.basis
    from coverage
)

select * from final
