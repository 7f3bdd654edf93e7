-- Deforestation of a zone and year comes from one place: what the pipeline measured or the baseline table names would
-- be counted twice beside declared areas of the same, and so would an area that a declared sample estimates.
with declared as (
    select
        project_id,
        scenario,
        coalesce(baseline_version, '*') as baseline_version,
        zone_id,
        first_year,
        last_year
    from {{ ref('stg_account_activity') }}
    where activity = 'deforestation'
),

sampled as (
    select distinct
        project_id,
        'monitored' as scenario,
        '*' as baseline_version,
        zone_id,
        first_year,
        last_year
    from {{ ref('stg_account_area_samples') }}
),

pipeline as (
    select
        project_id,
        'monitored' as scenario,
        '*' as baseline_version,
        zone_id,
        year
    from {{ ref('int_monitored_area') }}
    where area_ha is not null
    union
    select
        project.project_id,
        'baseline' as scenario,
        areas.baseline_version,
        areas.zone_id,
        areas.year
    from {{ ref('stg_baseline_activity') }} as areas
    cross join {{ ref('stg_project') }} as project
),

given as (
    select * from declared
    union all
    select * from sampled
)

select
    given.project_id,
    given.scenario,
    given.zone_id,
    pipeline.year
from given
inner join pipeline
    on
        given.project_id = pipeline.project_id
        and given.scenario = pipeline.scenario
        and given.baseline_version = pipeline.baseline_version
        and given.zone_id = pipeline.zone_id
        and given.first_year <= pipeline.year
        and given.last_year >= pipeline.year
union all
select
    declared.project_id,
    declared.scenario,
    declared.zone_id,
    declared.first_year as year
from declared
inner join sampled
    on
        declared.project_id = sampled.project_id
        and declared.scenario = sampled.scenario
        and declared.zone_id = sampled.zone_id
        and declared.first_year <= sampled.last_year
        and declared.last_year >= sampled.first_year
