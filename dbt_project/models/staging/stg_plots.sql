with source as (
    select * from {{ source('landed', 'plots') }}
),

final as (
    select
        plot_id,
        census_id,
        census_date
    from source
)

select * from final
