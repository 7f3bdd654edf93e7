with source as (
    select * from {{ source('landed', 'vintages') }}
),

final as (
    select
        vintage_year,
        vintage_start,
        vintage_end,
        days,
        days_in_year
    from source
)

select * from final
