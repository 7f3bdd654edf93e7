-- Effort by field and by the driver aimed at. Rows are counted each by itself: a person in two of them counts in both,
-- so that rows cannot be added.
with project as (
    select * from {{ ref('stg_project') }}
),

known as (
    select * from {{ ref('int_record_sources') }}
    where dataset = 'activity_records'
),

jobs_known as (
    select * from {{ ref('int_record_sources') }}
    where dataset = 'employment_records'
),

fields (field) as (
    values ('production'), ('protection'), ('inclusion')
),

-- Drivers that rules or reviewers find in the loss, and those that only people on the ground can name.
drivers as (
    select driver from {{ ref('int_driver_names') }}
    where driver not in ('no_loss', 'not_reviewed')
    union all
    select unnest(['logging', 'livestock', 'coca', 'none']) as driver
),

held as (
    select
        activities.activity_id,
        activities.field,
        activities.hours,
        coalesce(activities.driver, 'none') as driver
    from {{ ref('stg_activity_records') }} as activities
    inner join project on activities.started_on between project.period_start and project.period_end
),

efforts as (
    select
        if(grouping(field) = 1, '*', field) as field,
        if(grouping(driver) = 1, '*', driver) as driver,
        count(*) as activity_count,
        {{ sum_or_null('hours') }} as hours
    from held
    group by grouping sets ((field, driver), (field), (driver), ())
),

people as (
    select
        if(grouping(field) = 1, '*', field) as field,
        if(grouping(driver) = 1, '*', driver) as driver,
        count(distinct person_key) as people,
        cast(sum(person_events) as bigint) as person_events,
        count(distinct household_key) as households
    from {{ ref('int_activity_people') }}
    group by grouping sets ((field, driver), (field), (driver), ())
),

jobs as (
    select
        if(grouping(field) = 1, '*', field) as field,
        '*' as driver,
        {{ sum_or_null('work_years') }} as work_years
    from {{ ref('int_work_years') }}
    group by grouping sets ((field), ())
),

losses as (
    select
        '*' as field,
        driver,
        {{ sum_or_null('period_area_ha') }} as loss_ha
    from {{ ref('drivers_annual') }}
    where kind = 'project_area' and basis = 'hint'
    group by driver
),

cells as (
    select
        field,
        '*' as driver
    from fields
    union
    select
        '*' as field,
        driver
    from drivers
    union
    select
        '*' as field,
        '*' as driver
    union
    select
        field,
        driver
    from efforts
),

final as (
    select
        cells.field,
        cells.driver,
        case when known.is_known then coalesce(efforts.activity_count, 0) end as activity_count,
        case
            when known.is_known
                then cast(if(coalesce(efforts.activity_count, 0) = 0, 0, efforts.hours) as decimal(18, 6))
        end as hours,
        case
            when known.is_known and (people.people > 0 or coalesce(efforts.activity_count, 0) = 0)
                then coalesce(people.people, 0)
        end as people,
        case when known.is_known then coalesce(people.person_events, 0) end as person_events,
        case
            when known.is_known and (people.households > 0 or coalesce(efforts.activity_count, 0) = 0)
                then coalesce(people.households, 0)
        end as households,
        case
            when jobs_known.is_known and cells.driver = '*'
                then cast(if(jobs.field is null, 0, jobs.work_years) as decimal(18, 9))
        end as work_years,
        cast(losses.loss_ha as decimal(18, 6)) as driver_loss_ha,
        coalesce(
            known.reason,
            {{ join_reasons([
                "case when efforts.activity_count > 0 and efforts.hours is null then 'an activity has no hours' end",
                "case when efforts.activity_count > 0 and coalesce(people.people, 0) = 0 then 'nobody is named' end",
                "case when efforts.activity_count > 0 and coalesce(people.households, 0) = 0 then 'no household is told' end",
                "case when cells.driver in ('logging', 'livestock', 'coca') then 'no rule finds this driver in the loss' end",
            ]) }},
            known.note
        ) as reason
    from cells
    cross join known
    cross join jobs_known
    left join efforts on cells.field = efforts.field and cells.driver = efforts.driver
    left join people on cells.field = people.field and cells.driver = people.driver
    left join jobs on cells.field = jobs.field and cells.driver = jobs.driver
    left join losses on cells.field = losses.field and cells.driver = losses.driver
)

select * from final
