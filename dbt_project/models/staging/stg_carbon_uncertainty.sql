with source as (
    select * from {{ source('landed', 'carbon_uncertainty') }}
),

final as (
    select
        entity_kind,
        entity_id,
        error_source,
        plot_count,
        draw_count,
        seed,
        unit,
        recorded,
        mean,
        median,
        sd,
        q025,
        q05,
        q95,
        q975,
        variance_share,
        reason
    from source
)

select * from final
