with project as (
    select * from {{ ref('stg_project') }}
),

-- A day of an answer before the grievance came is a mistyped one: the grievance stays, that day is not used.
plausible as (
    select
        grievance_id,
        received_on,
        category,
        community_id,
        outcome,
        case when acknowledged_on >= received_on then acknowledged_on end as acknowledged_on,
        case when responded_on >= received_on then responded_on end as responded_on,
        case when closed_on >= received_on then closed_on end as closed_on,
        coalesce(closed_on < received_on, false) as is_misdated
    from {{ ref('stg_grievance_records') }}
),

-- As they stood on the last day of the period: what came later is not known yet.
standing as (
    select
        records.grievance_id,
        records.received_on,
        records.category,
        records.community_id,
        records.is_misdated,
        project.min_group,
        project.period_start,
        project.period_end,
        case when records.acknowledged_on <= project.period_end then records.acknowledged_on end as acknowledged_on,
        case when records.responded_on <= project.period_end then records.responded_on end as responded_on,
        case when records.closed_on <= project.period_end then records.closed_on end as closed_on,
        case
            when records.closed_on <= project.period_end or records.is_misdated then records.outcome
        end as outcome
    from plausible as records
    inner join project
        on
            records.received_on <= project.period_end
            and coalesce(records.closed_on >= project.period_start, true)
            -- Nobody knows when a misdated one was closed: it stands in the period in which it came.
            and (not records.is_misdated or records.received_on >= project.period_start)
),

-- One person stands behind a grievance: a place is told only where enough others of the same kind came from it.
counted as (
    select
        *,
        count(*) over (partition by community_id, category) >= min_group as is_told
    from standing
),

final as (
    select
        grievance_id,
        cast(date_trunc('month', received_on) as date) as received_month,
        received_on >= period_start as received_in_period,
        category,
        case when is_told then community_id end as community_id,
        case when closed_on is null and not is_misdated then 'open' else 'closed' end as status,
        outcome,
        date_diff('day', received_on, acknowledged_on) as days_to_acknowledge,
        date_diff('day', received_on, responded_on) as days_to_respond,
        date_diff('day', received_on, closed_on) as days_to_close,
        case
            when closed_on is null and not is_misdated then date_diff('month', received_on, period_end)
        end as months_open,
        case
            when is_misdated then 'the day of its closing lies before the day it came'
            when closed_on is null then 'open on the last day of the period'
        end as reason,
        case
            when community_id is null then 'no community is named'
            when not is_told then 'groups of fewer than ' || min_group || ' are not told'
        end as place_reason
    from counted
)

select * from final
