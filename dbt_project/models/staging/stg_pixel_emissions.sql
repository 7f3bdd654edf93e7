with source as (
    select * from {{ source('landed', 'pixel_emissions') }}
),

final as (
    select
        zone_id,
        stratum_id,
        loss_year,
        pixel_count,
        {{ divide('emissions_g', '1000000', 0) }} as emissions_tco2e,
        product,
        product_version
    from source
)

select * from final
