with final as (
    select
        design_id,
        interpreter_a,
        interpreter_b,
        unit_count,
        agreed_count,
        agreement,
        kappa,
        reason
    from {{ ref('stg_interpreter_agreement') }}
)

select * from final
