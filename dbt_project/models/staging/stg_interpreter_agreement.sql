with source as (
    select * from {{ source('landed', 'interpreter_agreement') }}
),

final as (
    select
        design_id,
        interpreter_a,
        interpreter_b,
        unit_count,
        agreed_count,
        agreement,
        kappa,
        reason
    from source
)

select * from final
