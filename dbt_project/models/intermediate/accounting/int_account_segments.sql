with vintages as (
    select * from {{ ref('int_account_vintages') }}
),

versions as (
    select * from {{ ref('stg_baseline_versions') }}
),

baseline as (
    select
        vintages.project_id,
        vintages.rule_set,
        'baseline' as scenario,
        versions.baseline_version,
        vintages.vintage_year,
        date_diff(
            'day',
            greatest(vintages.vintage_start, versions.valid_from),
            least(vintages.vintage_end, versions.valid_to)
        ) + 1 as days,
        vintages.days_in_year,
        versions.mode in ('reference_average', 'crediting_level') as is_average,
        versions.reference_first_year,
        versions.reference_last_year,
        case
            when versions.mode not in ('annual_table', 'emissions_table', 'reference_average', 'crediting_level')
                then 'unknown mode of baseline ' || versions.baseline_version || ': ' || versions.mode
            when
                versions.mode in ('reference_average', 'crediting_level')
                and (versions.reference_first_year is null or versions.reference_last_year is null)
                then 'baseline ' || versions.baseline_version || ' names no reference years'
        end as reason
    from vintages
    inner join versions
        on
            vintages.project_id = versions.project_id
            and vintages.vintage_start <= versions.valid_to
            and vintages.vintage_end >= versions.valid_from
),

covered as (
    select
        project_id,
        rule_set,
        vintage_year,
        sum(days) as days
    from baseline
    group by project_id, rule_set, vintage_year
),

-- Days of a vintage on which no version of the baseline is valid.
uncovered as (
    select
        vintages.project_id,
        vintages.rule_set,
        'baseline' as scenario,
        '*' as baseline_version,
        vintages.vintage_year,
        cast(vintages.days - coalesce(covered.days, 0) as bigint) as days,
        vintages.days_in_year,
        false as is_average,
        cast(null as bigint) as reference_first_year,
        cast(null as bigint) as reference_last_year,
        'no version of the baseline is valid on ' || (vintages.days - coalesce(covered.days, 0)) || ' days of '
        || vintages.vintage_year as reason
    from vintages
    left join covered
        on
            vintages.project_id = covered.project_id
            and vintages.rule_set = covered.rule_set
            and vintages.vintage_year = covered.vintage_year
    where vintages.days > coalesce(covered.days, 0)
),

monitored as (
    select
        project_id,
        rule_set,
        'monitored' as scenario,
        '*' as baseline_version,
        vintage_year,
        days,
        days_in_year,
        false as is_average,
        cast(null as bigint) as reference_first_year,
        cast(null as bigint) as reference_last_year,
        cast(null as varchar) as reason
    from vintages
),

final as (
    select * from baseline
    union all
    select * from uncovered
    union all
    select * from monitored
)

select * from final
