with cover as (
    select * from {{ ref('stg_land_cover_area') }}
),

zone_years as (
    select * from {{ ref('int_zone_years') }}
),

zone_strata as (
    select distinct
        zone_id,
        stratum_id
    from cover
    where cover_class = 'forest'
),

loss as (
    select
        zone_id,
        stratum_id,
        loss_year,
        sum(area_um2) as area_um2
    from cover
    where cover_class = 'forest' and loss_year is not null
    group by zone_id, stratum_id, loss_year
),

-- A year that the product covers and in which nothing was lost is a measured zero; any other is null with its reason.
final as (
    select
        zone_years.zone_id,
        zone_years.kind,
        zone_strata.stratum_id,
        zone_years.year,
        zone_years.in_period,
        zone_years.reason,
        cast(
            case when zone_years.is_measured then coalesce(loss.area_um2, 0) end as decimal(38, 0)
        ) as area_um2
    from zone_years
    inner join zone_strata on zone_years.zone_id = zone_strata.zone_id
    left join loss
        on
            zone_strata.zone_id = loss.zone_id
            and zone_strata.stratum_id = loss.stratum_id
            and zone_years.year = loss.loss_year
)

select * from final
