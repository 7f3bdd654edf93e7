with project as (
    select * from {{ ref('stg_project') }}
),

known as (
    select * from {{ ref('int_people_sources') }}
    where dataset = 'employment_records'
),

-- The length of the period in years, in parts of which 133590 are a year of any length.
period as (
    select cast(sum(days * (133590 // days_in_year)) as bigint) as year_parts
    from {{ ref('stg_vintages') }}
),

jobs as (
    select
        *,
        coalesce(community_id, 'not_stated') as place
    from {{ ref('int_work_years') }}
),

-- Somebody with two jobs at a time may have worked more than full time: it is told, not cut.
loads as (
    select
        jobs.person_key,
        sum(jobs.work_years) * 133590 > max(period.year_parts) as over_full_time
    from jobs
    cross join period
    where jobs.person_key is not null
    group by jobs.person_key
),

counts as (
    select
        if(grouping(jobs.place) = 1, '*', jobs.place) as community_id,
        if(grouping(jobs.gender) = 1, '*', jobs.gender) as gender,
        count(*) as jobs,
        count(distinct jobs.person_key) as people,
        count(*) filter (where jobs.person_key is null) as jobs_without_person,
        count(distinct jobs.person_key) filter (where loads.over_full_time) as people_over_full_time,
        count(*) filter (where jobs.work_years is null) as jobs_without_time,
        {{ sum_or_null('jobs.work_years') }} as work_years
    from jobs
    left join loads on jobs.person_key = loads.person_key
    group by grouping sets ((jobs.place, jobs.gender), (jobs.place), (jobs.gender), ())
),

cells (community_id, gender) as (
    values ('*', '*'), ('*', 'female'), ('*', 'male')
    union
    select
        community_id,
        gender
    from counts
),

joined as (
    select
        cells.community_id,
        cells.gender,
        known.is_known,
        known.reason as unknown_reason,
        known.note,
        project.min_group,
        period.year_parts,
        coalesce(counts.jobs, 0) as jobs,
        coalesce(counts.people, 0) as people,
        coalesce(counts.jobs_without_person, 0) as jobs_without_person,
        coalesce(counts.people_over_full_time, 0) as people_over_full_time,
        coalesce(counts.jobs_without_time, 0) as jobs_without_time,
        case when coalesce(counts.jobs, 0) = 0 then 0 else counts.work_years end as work_years,
        coalesce(
            bool_or(
                cells.gender <> '*' and {{ small_group(['counts.people', 'counts.jobs'], 'project.min_group') }}
            ) over (partition by cells.community_id),
            false
        ) and cells.gender <> '*' as small
    from cells
    cross join known
    cross join project
    cross join period
    left join counts on cells.community_id = counts.community_id and cells.gender = counts.gender
),

scaled as (
    select
        *,
        is_known and not small as is_told,
        cast(work_years * 133590 as decimal(38, 9)) as years_by_parts
    from joined
),

final as (
    select
        scaled.community_id,
        register.community_name,
        scaled.gender,
        case when scaled.is_told then scaled.people end as people,
        case when scaled.is_told then scaled.jobs end as jobs,
        case when scaled.is_told then scaled.jobs_without_person end as jobs_without_person,
        case when scaled.is_told then cast(scaled.work_years as decimal(18, 9)) end as work_years,
        case
            when scaled.is_told then {{ divide('scaled.years_by_parts', 'scaled.year_parts', 9, width=18) }}
        end as fte,
        case when scaled.is_told then scaled.people_over_full_time end as people_over_full_time,
        coalesce(
            scaled.unknown_reason,
            case when scaled.small then 'groups of fewer than ' || scaled.min_group || ' are not told' end,
            case
                when scaled.jobs_without_time > 0
                    then scaled.jobs_without_time || ' job(s) tell neither days nor share of full time'
            end,
            scaled.note
        ) as reason
    from scaled
    left join {{ ref('int_community_names') }} as register on scaled.community_id = register.community_id
)

select * from final
