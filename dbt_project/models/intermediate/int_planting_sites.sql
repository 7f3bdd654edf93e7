-- Sites planted until the period's end. A site has the largest area that any of its records gives, whatever the
-- purpose: the same ground is planted with several species, for several ends, and again where seedlings died.
with project as (
    select * from {{ ref('stg_project') }}
),

plantings as (
    select
        plantings.*,
        plantings.planted_on >= project.period_start as in_period
    from {{ ref('stg_planting_records') }} as plantings
    inner join project on plantings.planted_on <= project.period_end
),

final as (
    select
        site_id,
        purpose,
        min(community_id) as community_id,
        max(max(area_ha)) over (partition by site_id) as area_ha,
        count(distinct scientific_name) as species_count,
        cast(sum(seedling_count) as bigint) as seedlings_planted,
        cast(coalesce(sum(seedling_count) filter (where in_period), 0) as bigint) as seedlings_planted_in_period,
        bool_or(in_period) as planted_in_period,
        min(planted_on) as first_planted_on,
        max(planted_on) as last_planted_on
    from plantings
    group by site_id, purpose
)

select * from final
