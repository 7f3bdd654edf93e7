with source as (
    select * from {{ source('landed', 'landscape_pools') }}
),

final as (
    select
        pool,
        unit,
        stratum_count,
        plot_count,
        area_ha,
        mean,
        se,
        degrees_of_freedom,
        ci90_half_width,
        ci95_half_width,
        precision90_percent,
        reason
    from source
)

select * from final
