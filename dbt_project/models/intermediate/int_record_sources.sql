-- Which records of the field a period has: none at all, begun later, or there. What nobody wrote down is no zero.
with project as (
    select * from {{ ref('stg_project') }}
),

names (dataset, what) as (
    values
    ('communities', 'a register of communities'),
    ('activity_records', 'activities with people'),
    ('employment_records', 'jobs'),
    ('livelihood_records', 'livelihoods'),
    ('nursery_records', 'nurseries'),
    ('planting_records', 'plantings'),
    ('survival_checks', 'counts of survivors'),
    ('grievance_records', 'grievances'),
    ('consent_steps', 'steps of consent'),
    ('patrol_records', 'patrols'),
    ('patrol_events', 'reported events'),
    ('hcv_visits', 'visits to areas of high conservation value'),
    ('camera_deployments', 'camera traps'),
    ('occurrences', 'species')
),

-- The landed tables themselves: their days are asked for and nothing else, of patrols and cameras by UTC.
days as (
    select
        'communities' as dataset,
        valid_from as first_day,
        -- An entry without a last day still holds.
        valid_to as last_day
    from {{ source('landed', 'communities') }}
    union all
    select
        'activity_records' as dataset,
        started_on as first_day,
        started_on as last_day
    from {{ source('landed', 'activity_records') }}
    union all
    select
        'employment_records' as dataset,
        work_from as first_day,
        work_to as last_day
    from {{ source('landed', 'employment_records') }}
    union all
    select
        'livelihood_records' as dataset,
        period_from as first_day,
        period_to as last_day
    from {{ source('landed', 'livelihood_records') }}
    union all
    select
        'nursery_records' as dataset,
        period_from as first_day,
        period_to as last_day
    from {{ source('landed', 'nursery_records') }}
    union all
    select
        'planting_records' as dataset,
        planted_on as first_day,
        planted_on as last_day
    from {{ source('landed', 'planting_records') }}
    union all
    select
        'survival_checks' as dataset,
        checked_on as first_day,
        checked_on as last_day
    from {{ source('landed', 'survival_checks') }}
    union all
    select
        'grievance_records' as dataset,
        received_on as first_day,
        received_on as last_day
    from {{ source('landed', 'grievance_records') }}
    union all
    select
        'consent_steps' as dataset,
        held_on as first_day,
        held_on as last_day
    from {{ source('landed', 'consent_steps') }}
    union all
    select
        'patrol_records' as dataset,
        cast(started_at at time zone 'UTC' as date) as first_day,
        cast(started_at at time zone 'UTC' as date) as last_day
    from {{ source('landed', 'patrol_records') }}
    union all
    select
        'patrol_events' as dataset,
        cast(observed_at at time zone 'UTC' as date) as first_day,
        cast(observed_at at time zone 'UTC' as date) as last_day
    from {{ source('landed', 'patrol_events') }}
    union all
    select
        'hcv_visits' as dataset,
        visited_on as first_day,
        visited_on as last_day
    from {{ source('landed', 'hcv_visits') }}
    union all
    select
        'camera_deployments' as dataset,
        cast(started_at at time zone 'UTC' as date) as first_day,
        cast(ended_at at time zone 'UTC' as date) as last_day
    from {{ source('landed', 'camera_deployments') }}
    union all
    select
        'occurrences' as dataset,
        observed_on as first_day,
        observed_on as last_day
    from {{ source('landed', 'occurrences') }}
),

spans as (
    select
        days.dataset,
        min(days.first_day) as first_day,
        max(days.last_day) as last_day,
        count(*) filter (
            where days.first_day <= project.period_end
            and coalesce(days.last_day, project.period_end) >= project.period_start
        ) as rows_in_period
    from days
    cross join project
    group by days.dataset
),

final as (
    select
        names.dataset,
        names.what,
        spans.first_day,
        spans.last_day,
        coalesce(batches.rows_accepted, 0) as rows_accepted,
        coalesce(batches.rows_quarantined, 0) as rows_quarantined,
        coalesce(spans.rows_in_period, 0) as rows_in_period,
        batches.dataset is not null and coalesce(spans.first_day <= project.period_end, true) as is_known,
        case
            when batches.dataset is null then 'no records of ' || names.what || ' were received'
            when spans.first_day > project.period_end
                then 'the records of ' || names.what || ' begin on ' || spans.first_day || ', after the period'
        end as reason,
        -- What is told of such a period is true of a part of it only.
        case
            when spans.first_day between project.period_start + 1 and project.period_end
                then 'the first record of ' || names.what || ' is of ' || spans.first_day
        end as note,
        case
            when batches.rows_quarantined > 0
                then batches.rows_quarantined || ' record(s) of ' || names.what || ' are in quarantine'
        end as quarantine_note
    from names
    cross join project
    left join spans on names.dataset = spans.dataset
    left join {{ ref('stg_batches') }} as batches on names.dataset = batches.dataset
)

select * from final
