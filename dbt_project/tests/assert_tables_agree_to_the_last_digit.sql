-- The same area has the same digits wherever it stands. The forest of fragmentation_annual and the loss of
-- drivers_annual have tests of their own.
select
    'deforestation_annual.forest_start_ha' as figure,
    loss.zone_id,
    loss.year
from {{ ref('deforestation_annual') }} as loss
inner join {{ ref('forest_cover_annual') }} as forest
    on loss.zone_id = forest.zone_id and loss.year = forest.year + 1
where loss.forest_start_ha <> forest.area_ha
union all
select
    'deforestation_annual.period_area_ha' as figure,
    zone_id,
    year
from {{ ref('deforestation_annual') }}
where
    (period_days = days_in_year and period_area_ha <> area_ha)
    or (period_days = 0 and period_area_ha <> 0)
    or (period_area_ha is null) <> (area_ha is null)
union all
select
    'zones.forest_start_ha' as figure,
    zones.zone_id,
    forest.year
from {{ ref('zones') }} as zones
inner join {{ ref('forest_cover_annual') }} as forest
    on zones.zone_id = forest.zone_id and zones.forest_start_year = forest.year
where zones.forest_start_ha <> forest.area_ha
union all
select
    'zones.measured_area_ha' as figure,
    zones.zone_id,
    null as year
from {{ ref('zones') }} as zones
inner join {{ ref('zone_pixels') }} as pixels on zones.zone_id = pixels.zone_id
inner join {{ ref('int_forest_area') }} as forest
    on
        zones.zone_id = forest.zone_id
        and pixels.product = forest.product
        and pixels.product_version = forest.product_version
where zones.measured_area_ha <> pixels.pixel_area_ha
union all
-- A counted loss of one stratum alone is that of the zone.
select
    'project_emissions.area_ha' as figure,
    emissions.zone_id,
    emissions.year
from {{ ref('project_emissions') }} as emissions
inner join {{ ref('deforestation_annual') }} as loss
    on emissions.zone_id = loss.zone_id and emissions.year = loss.year
inner join {{ ref('stg_project') }} as project on emissions.project_id = project.project_id
inner join {{ ref('int_account_constants') }} as rules
    on emissions.project_id = rules.project_id and emissions.rule_set = rules.rule_set
where
    emissions.activity = 'deforestation'
    and emissions.to_state = 'post_deforestation'
    and rules.activity_data_source = 'map_count'
group by emissions.rule_set, emissions.zone_id, emissions.year
having
    count(distinct emissions.stratum_id) = 1
    and any_value(emissions.area_ha) <> any_value(loss.area_ha)
