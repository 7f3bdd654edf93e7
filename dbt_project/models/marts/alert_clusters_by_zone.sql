with left_out as (
    select * from {{ ref('stg_alert_clusters_left_out') }}
),

-- Where no day of the period was observed there is no row: no clusters would say more than is known.
observed as (
    select
        coverage.product,
        1 + date_diff('day', project.period_start, project.period_end) as days,
        cast(
            sum(
                greatest(
                    0,
                    1 + date_diff(
                        'day',
                        greatest(coverage.first_day, project.period_start),
                        least(coverage.last_day, project.period_end)
                    )
                )
            ) as bigint
        ) as days_observed
    from {{ ref('stg_alert_coverage') }} as coverage
    cross join {{ ref('stg_project') }} as project
    group by coverage.product, project.period_start, project.period_end
),

zones as (
    select * from {{ ref('stg_zones') }}
),

parts as (
    select
        clusters.product,
        parts.zone_id,
        count(*) as cluster_count,
        count(*) filter (where clusters.confidence <> 'low') as high_cluster_count,
        cast(sum(parts.area_um2) as decimal(38, 0)) as area_um2,
        cast(sum(parts.low_area_um2) as decimal(38, 0)) as low_area_um2,
        cast(sum(parts.high_area_um2) as decimal(38, 0)) as high_area_um2
    from {{ ref('stg_alert_cluster_zones') }} as parts
    inner join {{ ref('stg_alert_clusters') }} as clusters on parts.cluster_id = clusters.cluster_id
    group by clusters.product, parts.zone_id
),

final as (
    select
        left_out.zone_id,
        zones.kind,
        zones.zone_name,
        left_out.product,
        observed.days,
        observed.days_observed,
        coalesce(parts.cluster_count, 0) as cluster_count,
        coalesce(parts.high_cluster_count, 0) as high_cluster_count,
        {{ um2_to_ha('coalesce(parts.area_um2, 0)') }} as area_ha,
        {{ um2_to_ha('coalesce(parts.low_area_um2, 0)') }} as low_area_ha,
        {{ um2_to_ha('coalesce(parts.high_area_um2, 0)') }} as high_area_ha,
        left_out.min_cluster_area_ha,
        left_out.cluster_count as left_out_cluster_count,
        left_out.area_ha as left_out_area_ha
    from left_out
    inner join zones on left_out.zone_id = zones.zone_id
    inner join observed on left_out.product = observed.product and observed.days_observed > 0
    left join parts on left_out.zone_id = parts.zone_id and left_out.product = parts.product
)

select * from final
