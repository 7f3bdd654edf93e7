with source as (
    select * from {{ source('landed', 'artifacts') }}
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
    from source
)

select * from final
