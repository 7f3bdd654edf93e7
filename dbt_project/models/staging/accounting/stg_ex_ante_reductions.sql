with source as (
    select * from {{ source('landed', 'ex_ante_reductions') }}
),

final as (
    select
        project_id,
        year,
        net_tco2e,
        source
    from source
)

select * from final
