with project as (
    select * from {{ ref('stg_project') }}
),

zones as (
    select * from {{ ref('stg_zones') }}
    where kind = 'leakage_belt'
),

-- The last whole year of the period: what stood later is not yet of it.
forest as (
    select
        forest.zone_id,
        forest.year,
        forest.area_ha
    from {{ ref('forest_cover_annual') }} as forest
    cross join project
    where make_date(forest.year, 12, 31) <= project.period_end
    qualify row_number() over (
        partition by forest.zone_id
        order by forest.year desc
    ) = 1
),

losses as (
    select
        zone_id,
        {{ sum_or_null('period_area_ha') }} as loss_ha,
        {{ reasons('reason') }} as reason
    from {{ ref('deforestation_annual') }}
    where in_period
    group by zone_id
),

located as (
    select * from {{ ref('stg_record_zones') }}
),

plantings as (
    select
        located.zone_id,
        count(distinct records.site_id) as planted_sites,
        cast(sum(records.seedling_count) as bigint) as seedlings_planted
    from located
    inner join {{ ref('stg_planting_records') }} as records
        on located.dataset = 'planting_records' and located.record_id = records.planting_id
    inner join project on records.planted_on between project.period_start and project.period_end
    group by located.zone_id
),

final as (
    select
        zones.zone_id,
        zones.zone_name,
        zones.area_ha,
        forest.year as forest_year,
        forest.area_ha as forest_ha,
        cast(losses.loss_ha as decimal(18, 6)) as loss_ha,
        fires.distinct_fire_count as fires,
        threats.threat_count as threats,
        case when sources.is_known then coalesce(plantings.planted_sites, 0) end as planted_sites,
        case when sources.is_known then coalesce(plantings.seedlings_planted, 0) end as seedlings_planted,
        {{ join_reasons([
            "losses.reason",
            "fires.reason",
            "case when forest.zone_id is null then 'no forest of a year within the period is known' end",
            "threats.reason",
            "sources.reason",
        ]) }} as reason
    from zones
    inner join {{ ref('int_record_sources') }} as sources on sources.dataset = 'planting_records'
    left join forest on zones.zone_id = forest.zone_id
    left join losses on zones.zone_id = losses.zone_id
    left join {{ ref('fires_period') }} as fires on zones.zone_id = fires.zone_id
    left join {{ ref('int_zone_threats') }} as threats on zones.zone_id = threats.zone_id
    left join plantings on zones.zone_id = plantings.zone_id
)

select * from final
