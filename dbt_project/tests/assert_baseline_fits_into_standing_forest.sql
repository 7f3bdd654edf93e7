-- A baseline cannot lose more forest than stood when it began, nor forest of a stratum that lies elsewhere. One that
-- begins before the product takes the forest of its base year. Only measured zones can be judged.
with baseline as (
    select * from {{ ref('stg_baseline_activity') }}
),

cover as (
    select * from {{ ref('stg_land_cover_area') }}
),

versions as (
    select
        baseline_version,
        min(year) as first_year
    from baseline
    group by baseline_version
),

expected as (
    select
        baseline.baseline_version,
        baseline.zone_id,
        baseline.stratum_id,
        versions.first_year,
        sum(baseline.area_ha) as baseline_ha
    from baseline
    inner join versions on baseline.baseline_version = versions.baseline_version
    where baseline.zone_id in (select cover.zone_id from cover)
    group by baseline.baseline_version, baseline.zone_id, baseline.stratum_id, versions.first_year
),

against_land as (
    select
        expected.baseline_version,
        expected.zone_id,
        expected.stratum_id,
        expected.first_year,
        expected.baseline_ha,
        count(cover.zone_id) as measured_rows,
        -- Every loss that the product holds is later than its base year.
        cast(coalesce(
            sum(cover.area_um2) filter (
                where
                cover.cover_class = 'forest'
                and (cover.loss_year is null or cover.loss_year >= expected.first_year)
            ), 0
        ) as decimal(38, 0)) as forest_um2
    from expected
    left join cover on expected.zone_id = cover.zone_id and expected.stratum_id = cover.stratum_id
    group by
        expected.baseline_version,
        expected.zone_id,
        expected.stratum_id,
        expected.first_year,
        expected.baseline_ha
),

judged as (
    select
        *,
        {{ um2_to_ha('forest_um2') }} as forest_ha
    from against_land
)

select
    baseline_version,
    zone_id,
    stratum_id,
    first_year,
    baseline_ha,
    forest_ha,
    case when measured_rows = 0 then 'no pixel of the stratum in the zone' else 'more than the forest that stood' end
        as problem
from judged
where measured_rows = 0 or baseline_ha > forest_ha
