-- Areas of high conservation value by the HCV classes that were visited in them; an area without a visit has one row,
-- without a class.
with project as (
    select * from {{ ref('stg_project') }}
),

areas as (
    select
        zone_id,
        zone_name
    from {{ ref('stg_zones') }}
    where kind = 'hcv'
),

visits as (
    select
        visits.zone_id,
        visits.hcv_class,
        count(*) as visit_count,
        max(visits.visited_on) as last_visited_on,
        -- Of several visits on one day the last id counts, so that the answer does not depend on the order of rows.
        arg_max(visits.condition, (visits.visited_on, visits.hcv_visit_id)) as condition,
        arg_min(visits.condition, (visits.visited_on, visits.hcv_visit_id)) as first_condition,
        count(visits.threat_type) as visits_with_threat_count
    from {{ ref('stg_hcv_visits') }} as visits
    cross join project
    where visits.visited_on between project.period_start and project.period_end
    group by visits.zone_id, visits.hcv_class
),

-- The last whole year of the period: what stood later is not yet of it.
forest as (
    select
        forest_cover.zone_id,
        forest_cover.year as forest_year,
        forest_cover.area_ha as forest_ha
    from {{ ref('forest_cover_annual') }} as forest_cover
    cross join project
    where make_date(forest_cover.year, 12, 31) <= project.period_end
    qualify row_number() over (
        partition by forest_cover.zone_id
        order by forest_cover.year desc
    ) = 1
),

loss as (
    select
        zone_id,
        {{ sum_or_null('period_area_ha') }} as forest_loss_ha
    from {{ ref('deforestation_annual') }}
    where in_period
    group by zone_id
),

final as (
    select
        areas.zone_id,
        areas.zone_name,
        visits.hcv_class,
        visits.condition,
        visits.first_condition,
        visits.last_visited_on,
        case when sources.is_known then coalesce(visits.visit_count, 0) end as visit_count,
        case when sources.is_known then coalesce(visits.visits_with_threat_count, 0) end as visits_with_threat_count,
        forest.forest_year,
        cast(forest.forest_ha as decimal(18, 6)) as forest_ha,
        cast(loss.forest_loss_ha as decimal(18, 6)) as forest_loss_ha,
        threats.threat_count,
        threats.reason as threat_reason,
        case
            when not sources.is_known then sources.reason
            when visits.zone_id is null then 'nobody visited the area in the period'
        end as reason
    from areas
    inner join {{ ref('int_record_sources') }} as sources on sources.dataset = 'hcv_visits'
    left join visits on areas.zone_id = visits.zone_id
    left join forest on areas.zone_id = forest.zone_id
    left join loss on areas.zone_id = loss.zone_id
    left join {{ ref('int_zone_threats') }} as threats on areas.zone_id = threats.zone_id
)

select * from final
