with source as (
    select * from {{ source('landed', 'allometries_used') }}
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
    from source
)

select * from final
