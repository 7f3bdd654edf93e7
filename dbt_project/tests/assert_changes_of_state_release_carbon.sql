-- Deforestation and degradation release carbon: a stock afterwards that is larger than the one before would turn every
-- hectare lost into a reduction.
with changes as (
    select distinct
        project_id,
        rule_set,
        stratum_id,
        from_state,
        to_state
    from {{ ref('int_account_activity') }}
    where activity in ('deforestation', 'degradation')
)

select
    changes.project_id,
    changes.rule_set,
    changes.stratum_id,
    changes.from_state,
    changes.to_state,
    sum(factors.change_tc_ha) as change_tc_ha
from changes
inner join {{ ref('int_account_factors') }} as factors
    on
        changes.project_id = factors.project_id
        and changes.rule_set = factors.rule_set
        and changes.stratum_id = factors.stratum_id
        and changes.from_state = factors.from_state
        and changes.to_state = factors.to_state
group by all
having {{ sum_or_null('factors.change_tc_ha') }} < 0
