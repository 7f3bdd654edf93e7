with source as (
    select * from {{ source('landed', 'livelihood_records') }}
),

final as (
    select
        livelihood_id,
        household_key,
        coalesce(head_gender, 'not_stated') as head_gender,
        household_count,
        community_id,
        activity,
        product,
        period_from,
        period_to,
        cast(area_ha as decimal(18, 6)) as area_ha,
        cast(unit_count as decimal(18, 6)) as unit_count,
        unit,
        cast(production as decimal(18, 6)) as production,
        production_unit,
        cast(income_pen as decimal(18, 2)) as income_pen
    from source
)

select * from final
