with artifacts as (
    select * from {{ ref('stg_artifacts') }}
),

final as (
    select
        dataset,
        address,
        sha256,
        source,
        product,
        version,
        bytes,
        media_type,
        last_modified,
        licence,
        citation,
        simulated
    from artifacts
)

select * from final
