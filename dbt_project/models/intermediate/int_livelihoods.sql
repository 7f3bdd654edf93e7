-- Records of livelihoods whose span touches the period. Production and income count in the period that holds the last
-- day of the span, and only there; households, land and units are those that were there at any time of it.
with project as (
    select * from {{ ref('stg_project') }}
),

final as (
    select
        records.livelihood_id,
        records.household_key,
        coalesce(records.community_id, 'not_stated') as community_id,
        records.activity,
        coalesce(records.product, 'not stated') as product,
        records.household_count,
        records.area_ha,
        records.unit_count,
        records.unit,
        records.production,
        records.production_unit,
        records.income_pen,
        -- A group without a key is told apart by its community alone.
        coalesce('household ' || records.household_key, 'group of ' || coalesce(records.community_id, ''))
            as holder,
        records.period_to <= project.period_end as ends_in_period
    from {{ ref('stg_livelihood_records') }} as records
    inner join project on records.period_from <= project.period_end and records.period_to >= project.period_start
)

select * from final
