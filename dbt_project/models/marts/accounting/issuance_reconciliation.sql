with vintages as (
    select * from {{ ref('vintages') }}
    where credit_unit = 'VCU'
),

accounts as (
    select distinct
        project_id,
        rule_set,
        is_primary
    from vintages
),

issued as (
    select
        vintage_start,
        vintage_end,
        cast(sum(quantity_issued) as bigint) as issued,
        cast(coalesce(sum(quantity_issued) filter (where is_retired), 0) as bigint) as retired,
        max(total_vintage_quantity) as registry_total
    from {{ ref('issuances') }}
    where credit_unit = 'VCU'
    group by vintage_start, vintage_end
),

received as (
    select count(*) > 0 as is_received
    from {{ ref('stg_batches') }}
    where dataset = 'issuances'
),

-- A vintage is its days: the registry's is the account's only where both begin and end on the same days.
spine as (
    select
        project_id,
        rule_set,
        is_primary,
        vintage_start,
        vintage_end
    from vintages
    union
    select
        accounts.*,
        issued.vintage_start,
        issued.vintage_end
    from accounts
    cross join issued
),

-- Vintages of the one side that share days with another vintage of the other side.
crossing as (
    select
        spine.project_id,
        spine.rule_set,
        spine.vintage_start,
        spine.vintage_end
    from spine
    inner join issued
        on
            spine.vintage_start <= issued.vintage_end
            and spine.vintage_end >= issued.vintage_start
            and (spine.vintage_start <> issued.vintage_start or spine.vintage_end <> issued.vintage_end)
    union
    select
        spine.project_id,
        spine.rule_set,
        spine.vintage_start,
        spine.vintage_end
    from spine
    inner join vintages
        on
            spine.project_id = vintages.project_id
            and spine.rule_set = vintages.rule_set
            and spine.vintage_start <= vintages.vintage_end
            and spine.vintage_end >= vintages.vintage_start
            and (spine.vintage_start <> vintages.vintage_start or spine.vintage_end <> vintages.vintage_end)
),

-- Rows of the table that were set aside and may be of the vintage; of one without a vintage nobody can tell.
doubts as (
    select
        spine.project_id,
        spine.rule_set,
        spine.vintage_start,
        spine.vintage_end,
        cast(sum(set_aside.row_count) as bigint) as rows_set_aside
    from spine
    inner join {{ ref('stg_issuances_set_aside') }} as set_aside
        on
            set_aside.vintage_start is null
            or (spine.vintage_end >= set_aside.vintage_start and spine.vintage_start <= set_aside.vintage_end)
    group by spine.project_id, spine.rule_set, spine.vintage_start, spine.vintage_end
),

joined as (
    select
        spine.*,
        vintages.source,
        vintages.credits as computed_credits,
        vintages.buffer_credits,
        vintages.reason as computed_reason,
        issued.registry_total,
        received.is_received,
        coalesce(doubts.rows_set_aside, 0) as rows_set_aside,
        vintages.vintage_start is not null as is_in_account,
        crossing.vintage_start is not null as is_crossed,
        case
            when not received.is_received then null
            -- What was set aside may be of this vintage.
            when issued.issued is null and doubts.rows_set_aside > 0 then null
            else coalesce(issued.issued, 0)
        end as issued,
        case
            when not received.is_received then null
            when issued.issued is null and doubts.rows_set_aside > 0 then null
            else coalesce(issued.retired, 0)
        end as retired
    from spine
    cross join received
    left join vintages
        on
            spine.project_id = vintages.project_id
            and spine.rule_set = vintages.rule_set
            and spine.vintage_start = vintages.vintage_start
            and spine.vintage_end = vintages.vintage_end
    left join issued
        on
            spine.vintage_start = issued.vintage_start
            and spine.vintage_end = issued.vintage_end
    left join crossing
        on
            spine.project_id = crossing.project_id
            and spine.rule_set = crossing.rule_set
            and spine.vintage_start = crossing.vintage_start
            and spine.vintage_end = crossing.vintage_end
    left join doubts
        on
            spine.project_id = doubts.project_id
            and spine.rule_set = doubts.rule_set
            and spine.vintage_start = doubts.vintage_start
            and spine.vintage_end = doubts.vintage_end
),

judged as (
    select
        *,
        case
            when not is_received then 'not_received'
            when computed_credits is null then 'not_computed'
            when issued > computed_credits then 'over_issued'
            when is_crossed or issued is null then 'unclear'
            -- Rows that were set aside can only be of a vintage whose blocks do not make up its total.
            when rows_set_aside > 0 and coalesce(registry_total <> issued, true) then 'unclear'
            when computed_credits = 0 then 'nothing_to_issue'
            when issued = 0 then 'not_issued'
            when issued < computed_credits then 'partly_issued'
            else 'fully_issued'
        end as status
    from joined
),

worded as (
    select
        *,
        case status
            when 'not_received' then 'no table of a registry was received'
            when 'over_issued'
                then
                    'the registry issued ' || (issued - computed_credits)
                    || ' credits more than were computed for the vintage'
            when 'not_computed'
                then
                    case
                        when is_in_account
                            then 'the credits of the vintage are not known, so nothing can be compared with them'
                        else 'the account has no such vintage, neither in this period nor declared as an earlier one'
                    end
        end as status_reason,
        case
            when is_received and is_crossed
                then 'the registry and the account cut these days into different vintages'
        end as crossed_reason,
        case
            when is_received and rows_set_aside > 0 and coalesce(registry_total <> issued, true)
                then
                    rows_set_aside || ' row(s) of the registry''s table that may be of the vintage were set aside: '
                    || 'more may have been issued'
        end as set_aside_reason,
        case
            when registry_total > computed_credits
                then
                    'the registry has a vintage of ' || registry_total || ' credits, '
                    || (registry_total - computed_credits) || ' more than were computed'
        end as total_reason
    from judged
),

final as (
    select
        project_id,
        rule_set,
        is_primary,
        cast(year(vintage_start) as bigint) as vintage_year,
        vintage_start,
        vintage_end,
        source,
        computed_credits,
        buffer_credits,
        registry_total,
        issued,
        retired,
        if(status in ('unclear', 'not_computed'), null, issued - computed_credits) as difference,
        case
            when status in ('nothing_to_issue', 'not_issued', 'partly_issued', 'fully_issued')
                then computed_credits - issued
            when status = 'over_issued' then 0
        end as available,
        status,
        {{ join_reasons([
            'status_reason',
            'crossed_reason',
            'set_aside_reason',
            'total_reason',
            'computed_reason',
        ]) }} as reason
    from worded
)

select * from final
