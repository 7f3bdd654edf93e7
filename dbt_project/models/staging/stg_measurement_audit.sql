with source as (
    select * from {{ source('landed', 'measurement_audit') }}
),

final as (
    select
        plot_id,
        census_id,
        measure,
        unit,
        tree_count,
        audited_count,
        audited_share,
        mean_difference,
        mean_absolute_difference,
        rmse,
        agreed_share,
        tolerance,
        passed,
        reason
    from source
)

select * from final
