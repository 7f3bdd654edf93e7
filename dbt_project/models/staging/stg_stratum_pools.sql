with source as (
    select * from {{ source('landed', 'stratum_pools') }}
),

final as (
    select
        stratum_id,
        pool,
        unit,
        plot_count,
        mean,
        sd,
        se,
        ci90_half_width,
        ci95_half_width,
        precision90_percent,
        precision95_percent,
        target_percent,
        target_confidence,
        meets_target,
        plots_needed,
        reason
    from source
)

select * from final
