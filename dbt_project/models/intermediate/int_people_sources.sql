-- Which of the records about people a period has: none at all, begun later, or there.
-- What nobody wrote down is no zero.
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
    ('consent_steps', 'steps of consent')
),

days as (
    select
        'communities' as dataset,
        valid_from as first_day
    from {{ ref('stg_communities') }}
    union all
    select
        'activity_records' as dataset,
        started_on as first_day
    from {{ ref('stg_activity_records') }}
    union all
    select
        'employment_records' as dataset,
        work_from as first_day
    from {{ ref('stg_employment_records') }}
    union all
    select
        'livelihood_records' as dataset,
        period_from as first_day
    from {{ ref('stg_livelihood_records') }}
    union all
    select
        'nursery_records' as dataset,
        period_from as first_day
    from {{ ref('stg_nursery_records') }}
    union all
    select
        'planting_records' as dataset,
        planted_on as first_day
    from {{ ref('stg_planting_records') }}
    union all
    select
        'survival_checks' as dataset,
        checked_on as first_day
    from {{ ref('stg_survival_checks') }}
    union all
    select
        'grievance_records' as dataset,
        received_on as first_day
    from {{ ref('stg_grievance_records') }}
    union all
    select
        'consent_steps' as dataset,
        held_on as first_day
    from {{ ref('stg_consent_steps') }}
),

spans as (
    select
        dataset,
        min(first_day) as first_day
    from days
    group by dataset
),

final as (
    select
        names.dataset,
        spans.first_day,
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
        end as note
    from names
    cross join project
    left join spans on names.dataset = spans.dataset
    left join {{ ref('stg_batches') }} as batches on names.dataset = batches.dataset
)

select * from final
