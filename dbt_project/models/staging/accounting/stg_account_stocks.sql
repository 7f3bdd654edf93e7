with source as (
    select * from {{ source('landed', 'account_stocks') }}
),

final as (
    select
        project_id,
        stratum_id,
        state,
        pool,
        method,
        value,
        unit,
        carbon_fraction,
        base_state,
        se,
        carbon_fraction_se,
        distribution,
        shape_a,
        shape_b,
        shape_c,
        source
    from source
)

select * from final
