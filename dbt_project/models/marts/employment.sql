with project as (
    select * from {{ ref('stg_project') }}
),

known as (
    select * from {{ ref('int_record_sources') }}
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

-- Whoever is only a job without a name counts as a person of its own here: nobody knows that it was the same.
sizes as (
    select
        counts.community_id,
        counts.gender,
        counts.people + counts.jobs_without_person as size,
        counts.people + counts.jobs_without_person < project.min_group as is_small,
        project.min_group
    from counts
    cross join project
),

-- All genders of a place are kept back where one of them is small, since the others give it away.
places as (
    select
        community_id,
        max(size) filter (where gender = '*') as size,
        max(min_group) as min_group,
        bool_or(is_small and gender = '*') as is_small,
        bool_or(is_small) as has_small_gender,
        community_id = '*' as is_total
    from sizes
    group by community_id
),

kept as (
    select
        community_id,
        not is_total
        and {{ kept_back('(is_small and not is_total)', 'size', 'min_group', 'is_total', 'community_id') }}
            as kept_whole,
        {{ kept_back('has_small_gender', 'size', 'min_group', 'is_total', 'community_id') }} as kept_genders
    from places
),

cells (community_id, gender) as (
    values ('*', '*'), ('*', 'female'), ('*', 'male')
    union
    select
        community_id,
        gender
    from counts
),

all_jobs as (
    select count(*) as jobs from jobs
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
        coalesce(kept.kept_whole or (kept.kept_genders and cells.gender <> '*'), false) and all_jobs.jobs > 0 as small
    from cells
    cross join known
    cross join project
    cross join period
    cross join all_jobs
    left join counts on cells.community_id = counts.community_id and cells.gender = counts.gender
    left join kept on cells.community_id = kept.community_id
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
