-- Full-time years that each job gave in the period. Days worked count by the part of their span that lies in the
-- period; a share of full time counts for its days of each year. 133590 is the common multiple of 365 and 366.
with project as (
    select * from {{ ref('stg_project') }}
),

vintages as (
    select
        vintage_start,
        vintage_end,
        cast(133590 // days_in_year as bigint) as parts_per_day
    from {{ ref('stg_vintages') }}
),

full_time as (
    select cast(full_time_days_per_year as decimal(18, 9)) as days_per_year
    from {{ ref('int_primary_rules') }}
),

jobs as (
    select
        jobs.*,
        1 + date_diff(
            'day', greatest(jobs.work_from, project.period_start), least(jobs.work_to, project.period_end)
        ) as days_inside,
        1 + date_diff('day', jobs.work_from, jobs.work_to) as span_days
    from {{ ref('stg_employment_records') }} as jobs
    inner join project on jobs.work_from <= project.period_end and jobs.work_to >= project.period_start
),

parts as (
    select
        jobs.employment_id,
        sum(
            vintages.parts_per_day * (
                1 + date_diff(
                    'day',
                    greatest(jobs.work_from, vintages.vintage_start),
                    least(jobs.work_to, vintages.vintage_end)
                )
            )
        ) as year_parts
    from jobs
    inner join vintages on jobs.work_from <= vintages.vintage_end and jobs.work_to >= vintages.vintage_start
    group by jobs.employment_id
),

scaled as (
    select
        jobs.*,
        cast(jobs.days_worked * cast(jobs.days_inside as decimal(9, 0)) as decimal(38, 6)) as days_by_inside,
        cast(full_time.days_per_year * cast(jobs.span_days as decimal(9, 0)) as decimal(38, 9)) as full_days_by_span,
        cast(jobs.full_time_share * cast(parts.year_parts as decimal(15, 0)) as decimal(38, 9)) as share_by_parts,
        cast(133590 as bigint) as parts_per_year
    from jobs
    cross join full_time
    left join parts on jobs.employment_id = parts.employment_id
),

final as (
    select
        scaled.employment_id,
        scaled.person_key,
        scaled.community_id,
        coalesce(scaled.field, 'not_stated') as field,
        coalesce(traits.gender, scaled.gender) as gender,
        coalesce(traits.age_group, scaled.age_group) as age_group,
        case
            when scaled.days_worked is not null
                then {{ divide('scaled.days_by_inside', 'scaled.full_days_by_span', 6, 9, width=18) }}
            else {{ divide('scaled.share_by_parts', 'scaled.parts_per_year', 9, width=18) }}
        end as work_years
    from scaled
    left join {{ ref('int_person_traits') }} as traits on scaled.person_key = traits.person_key
)

select * from final
