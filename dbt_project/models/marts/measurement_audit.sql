with audits as (
    select * from {{ ref('stg_measurement_audit') }}
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
    from audits
)

select * from final
