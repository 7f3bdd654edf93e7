-- Deforestation by a sample of units in sampling strata: the share of units that lost their forest, times the stratum.
with samples as (
    select * from {{ ref('stg_account_area_samples') }}
),

shares as (
    select
        *,
        cast(area_ha as decimal(38, 6)) * loss_count as area_by_count,
        -- Squared standard error of a stratum: A^2 p (1 - p) / (n - 1) = A^2 c (n - c) / (n^2 (n - 1)).
        cast(area_ha as decimal(38, 6))
        * cast(area_ha as decimal(38, 6))
        * cast(loss_count * (unit_count - loss_count) as decimal(18, 0)) as squares_by_counts,
        cast(unit_count as hugeint) * unit_count * (unit_count - 1) as units_cubed
    from samples
),

strata as (
    select
        *,
        {{ divide('area_by_count', 'unit_count', 6, width=28) }} as lost_ha,
        {{ divide('squares_by_counts', 'units_cubed', 12, width=38) }} as variance_ha2
    from shares
),

sums as (
    select
        project_id,
        scope,
        zone_id,
        stratum_id,
        first_year,
        last_year,
        sum(lost_ha) as lost_ha,
        {{ sum_or_null('variance_ha2') }} as variance_ha2,
        sum(unit_count - 1) as degrees_of_freedom,
        max(monitoring_years) as monitoring_years,
        string_agg(distinct source, '; ' order by source) as source,
        case
            when min(monitoring_years) <> max(monitoring_years)
                then 'the sampling strata of zone ' || zone_id || ' name different lengths of monitoring'
            when min(unit_count) < 1 then 'a sampling stratum of zone ' || zone_id || ' has no unit'
        end as reason,
        -- Where the units of every stratum agree, nothing is known of the error: zero is not certainty.
        case
            when min(unit_count) < 2
                then 'a sampling stratum of zone ' || zone_id || ' has one unit, which tells no standard error'
            when sum(variance_ha2) = 0
                then
                    sum(loss_count) || ' of ' || sum(unit_count) || ' units of zone ' || zone_id
                    || ' lost forest: units that agree tell no standard error'
        end as error_reason
    from strata
    group by project_id, scope, zone_id, stratum_id, first_year, last_year
),

-- The estimate is of the time between the images; a year takes its part, and the span of calendar years as many.
spread as (
    select
        *,
        if(reason is null, cast(lost_ha * (last_year - first_year + 1) as decimal(38, 9)), null) as lost_by_years,
        case
            when reason is null and error_reason is null and variance_ha2 > 0
                then cast(sqrt(cast(variance_ha2 as double)) as decimal(28, 9)) * (last_year - first_year + 1)
        end as se_by_years
    from sums
),

final as (
    select
        spread.project_id,
        spread.scope,
        spread.zone_id,
        spread.stratum_id,
        spread.first_year,
        spread.last_year,
        {{ divide('spread.lost_by_years', 'spread.monitoring_years', 9, 9, scale=6, width=18) }} as area_ha,
        {{ divide('spread.se_by_years', 'spread.monitoring_years', 9, 9, scale=6, width=18) }} as se_ha,
        cast(spread.degrees_of_freedom as bigint) as degrees_of_freedom,
        -- The half-width of a sample of few units is Student's; beyond the table it is the normal distribution's.
        coalesce(quantiles.t_two_sided_90, {{ normal_90() }}) as t_two_sided_90,
        spread.source,
        spread.reason,
        spread.error_reason
    from spread
    left join {{ ref('int_student_t') }} as quantiles on spread.degrees_of_freedom = quantiles.degrees_of_freedom
)

select * from final
