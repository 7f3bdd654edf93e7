with equations as (
    select * from {{ ref('stg_allometries_used') }}
),

final as (
    select
        allometry,
        life_form,
        document,
        section,
        status,
        tree_count,
        agb_mg
    from equations
)

select * from final
