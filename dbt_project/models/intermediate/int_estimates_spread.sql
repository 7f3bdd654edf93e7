with estimates as (
    select *
    from {{ ref('int_zone_estimates') }}
    where area_ha is not null
),

accounts as (
    select constants.*
    from {{ ref('int_account_constants') }} as constants
    inner join {{ ref('stg_project') }} as project on constants.project_id = project.project_id
),

stratum_loss as (
    select * from {{ ref('int_stratum_loss') }}
),

-- What the map shows in the years of the sample.
mapped as (
    select
        accounts.project_id,
        accounts.rule_set,
        estimates.zone_id,
        estimates.area_ha,
        estimates.year_count,
        stratum_loss.stratum_id,
        stratum_loss.year,
        stratum_loss.area_um2,
        accounts.activity_data_years,
        sum(stratum_loss.area_um2) over (
            partition by accounts.rule_set, estimates.zone_id, stratum_loss.stratum_id
        ) as stratum_um2
    from estimates
    inner join stratum_loss
        on
            estimates.zone_id = stratum_loss.zone_id
            and stratum_loss.year between estimates.first_year and estimates.last_year
    cross join accounts
),

weighted as (
    select
        *,
        case
            when area_um2 is null then null
            when activity_data_years = 'proportional_to_map' then area_um2
            when activity_data_years = 'uniform' then stratum_um2
        end as weight
    from mapped
),

-- Whether the map shows every year of the sample; a sum that leaves one out would give its part to the others.
running as (
    select
        *,
        count(weight) over zone = year_count * count(distinct stratum_id) over zone as is_complete,
        cast(sum(weight) over zone as decimal(38, 0)) as zone_weight,
        cast(sum(weight) over upto as decimal(38, 0)) as weight_upto
    from weighted
    window
        zone as (partition by rule_set, zone_id),
        upto as (
            partition by rule_set, zone_id
            order by year, stratum_id
            rows between unbounded preceding and current row
        )
),

products as (
    select
        *,
        cast(area_ha as decimal(38, 6)) * weight_upto as area_by_weight
    from running
),

-- Rounded as running sums, in the order of year and stratum: the parts add up to the estimate, and what one is rounded
-- up by, a later one is rounded down.
rounded as (
    select
        *,
        {{ divide('area_by_weight', 'zone_weight', 6, scale=6, width=18) }} as area_upto_ha
    from products
),

final as (
    select
        project_id,
        rule_set,
        zone_id,
        stratum_id,
        year,
        is_complete,
        zone_weight > 0 as has_weight,
        cast(
            case
                when not is_complete then null
                when area_ha = 0 then 0
                else area_upto_ha - lag(area_upto_ha, 1, 0) over zone_upto
            end as decimal(18, 6)
        ) as area_ha
    from rounded
    window zone_upto as (partition by rule_set, zone_id order by year, stratum_id)
)

select * from final
