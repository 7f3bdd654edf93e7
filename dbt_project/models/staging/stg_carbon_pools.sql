with source as (
    select * from {{ source('landed', 'carbon_pools') }}
),

final as (
    select
        stratum_id,
        state,
        pool,
        method,
        stock_tc_ha,
        parameter_id,
        source
    from source
)

select * from final
