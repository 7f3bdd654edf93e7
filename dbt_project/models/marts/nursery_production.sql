with project as (
    select * from {{ ref('stg_project') }}
),

final as (
    select
        records.nursery_id,
        records.scientific_name,
        min(records.community_id) as community_id,
        min(records.period_from) as first_day,
        max(records.period_to) as last_day,
        cast({{ sum_or_null('records.sown_count') }} as bigint) as sown_count,
        cast({{ sum_or_null('records.produced_count') }} as bigint) as produced_count,
        cast({{ sum_or_null('records.distributed_count') }} as bigint) as distributed_count,
        cast({{ sum_or_null('records.lost_count') }} as bigint) as lost_count,
        case
            when
                count(records.sown_count) < count(*) or count(records.produced_count) < count(*)
                or count(records.distributed_count) < count(*) or count(records.lost_count) < count(*)
                then 'a record lacks the number; a sum without it would be too small'
        end as reason
    from {{ ref('stg_nursery_records') }} as records
    -- A span counts in the period that holds its last day, and only there.
    inner join project on records.period_to between project.period_start and project.period_end
    group by records.nursery_id, records.scientific_name
)

select * from final
