-- The areas of each calendar year, as a sum of areas over a whole number: that of a span of years over its years.
with accounts as (
    select
        *,
        least(crediting_year, first_vintage_year) as first_year
    from {{ ref('int_account_constants') }}
),

-- Degradation counts where the rule set counts it. Removals of the baseline always lower it; those of the project count
-- where they are credited.
activity as (
    select
        areas.project_id,
        areas.rule_set,
        areas.scenario,
        coalesce(areas.baseline_version, '*') as baseline_version,
        areas.scope,
        areas.zone_id,
        areas.stratum_id,
        areas.activity,
        areas.from_state,
        areas.to_state,
        areas.method,
        areas.area_ha,
        areas.reason,
        areas.first_year as span_first_year,
        areas.last_year as span_last_year,
        areas.last_year - areas.first_year + 1 as span_years,
        accounts.first_year,
        accounts.last_vintage_year
    from {{ ref('int_account_activity') }} as areas
    inner join accounts
        on areas.project_id = accounts.project_id and areas.rule_set = accounts.rule_set
    where
        areas.activity = 'deforestation'
        or (areas.activity = 'degradation' and accounts.degradation_counted = 'yes')
        or (areas.activity = 'enhancement' and (areas.scenario = 'baseline' or accounts.enhancement_credited = 'yes'))
),

versions as (
    select
        project_id,
        baseline_version,
        valid_from,
        valid_to,
        mode in ('reference_average', 'crediting_level') as is_average,
        reference_first_year,
        reference_last_year,
        reference_last_year - reference_first_year + 1 as reference_years
    from {{ ref('stg_baseline_versions') }}
),

-- The calendar years in which a version is valid, from the start of crediting on, and on how many of their days.
version_years as (
    select
        accounts.project_id,
        accounts.rule_set,
        versions.baseline_version,
        unnest(range(
            greatest(year(versions.valid_from), accounts.first_year),
            least(year(versions.valid_to), accounts.last_vintage_year) + 1
        )) as year,
        versions.valid_from,
        versions.valid_to
    from versions
    inner join accounts on versions.project_id = accounts.project_id
),

valid_days as (
    select
        project_id,
        rule_set,
        baseline_version,
        year,
        date_diff(
            'day', greatest(valid_from, make_date(year, 1, 1)), least(valid_to, make_date(year, 12, 31))
        ) + 1 as version_days
    from version_years
),

year_days as (
    select
        *,
        cast(sum(version_days) over (partition by project_id, rule_set, year) as bigint) as year_days
    from valid_days
),

-- A mean over the reference years takes of each span the years that lie among them.
shares as (
    select
        activity.*,
        versions.is_average,
        versions.reference_years,
        case
            when versions.is_average
                then
                    greatest(
                        0,
                        least(activity.span_last_year, versions.reference_last_year)
                        - greatest(activity.span_first_year, versions.reference_first_year) + 1
                    )
        end as overlap_years
    from activity
    left join versions
        on activity.project_id = versions.project_id and activity.baseline_version = versions.baseline_version
),

reference_years as (
    select
        shares.project_id,
        shares.rule_set,
        shares.baseline_version,
        shares.scope,
        shares.zone_id,
        shares.activity,
        unnest(range(
            greatest(shares.span_first_year, versions.reference_first_year),
            least(shares.span_last_year, versions.reference_last_year) + 1
        )) as reference_year
    from shares
    inner join versions
        on shares.project_id = versions.project_id and shares.baseline_version = versions.baseline_version
    where shares.is_average
),

reference_cover as (
    select
        project_id,
        rule_set,
        baseline_version,
        scope,
        zone_id,
        activity,
        count(distinct reference_year) as years_given
    from reference_years
    group by project_id, rule_set, baseline_version, scope, zone_id, activity
),

averaged as (
    select
        shares.*,
        year_days.year,
        year_days.version_days,
        year_days.year_days,
        -- A span that lies among the reference years whole gives its area, any other the part of its years.
        case
            when shares.overlap_years = shares.span_years then cast(shares.area_ha as decimal(38, 6))
            else cast(shares.area_ha as decimal(38, 6)) * shares.overlap_years
        end as area_parts,
        case
            when shares.overlap_years = shares.span_years then shares.reference_years
            else shares.span_years * shares.reference_years
        end as divisor,
        case
            when reference_cover.years_given < shares.reference_years
                then
                    'baseline ' || shares.baseline_version || ' gives zone ' || shares.zone_id || ' '
                    || reference_cover.years_given || ' of ' || shares.reference_years || ' reference years of '
                    || shares.activity
        end as average_reason
    from shares
    inner join year_days
        on
            shares.project_id = year_days.project_id
            and shares.rule_set = year_days.rule_set
            and shares.baseline_version = year_days.baseline_version
    inner join reference_cover
        on
            shares.project_id = reference_cover.project_id
            and shares.rule_set = reference_cover.rule_set
            and shares.baseline_version = reference_cover.baseline_version
            and shares.scope = reference_cover.scope
            and shares.zone_id = reference_cover.zone_id
            and shares.activity = reference_cover.activity
    where shares.scenario = 'baseline' and shares.is_average and shares.overlap_years > 0
),

annual as (
    select
        shares.*,
        year_days.year,
        year_days.version_days,
        year_days.year_days,
        cast(shares.area_ha as decimal(38, 6)) as area_parts,
        shares.span_years as divisor,
        cast(null as varchar) as average_reason
    from shares
    inner join year_days
        on
            shares.project_id = year_days.project_id
            and shares.rule_set = year_days.rule_set
            and shares.baseline_version = year_days.baseline_version
            and year_days.year between shares.span_first_year and shares.span_last_year
    where shares.scenario = 'baseline' and not shares.is_average
),

monitored as (
    select
        shares.*,
        unnest(range(
            greatest(shares.span_first_year, shares.first_year),
            least(shares.span_last_year, shares.last_vintage_year) + 1
        )) as year,
        1 as version_days,
        1 as year_days,
        cast(shares.area_ha as decimal(38, 6)) as area_parts,
        shares.span_years as divisor,
        cast(null as varchar) as average_reason
    from shares
    where shares.scenario = 'monitored'
),

united as (
    select * from averaged
    union all by name
    select * from annual
    union all by name
    select * from monitored
),

final as (
    select
        project_id,
        rule_set,
        scenario,
        baseline_version,
        scope,
        zone_id,
        stratum_id,
        activity,
        from_state,
        to_state,
        method,
        year,
        divisor,
        version_days,
        year_days,
        case
            when count(average_reason) = 0 then cast({{ sum_or_null('area_parts') }} as decimal(38, 6))
        end as area_parts,
        {{ join_reasons(['string_agg(distinct reason, \'; \')', 'max(average_reason)']) }} as reason
    from united
    group by all
)

select * from final
