-- All vintages of a period together are credited no more than what they add up to, with what earlier periods lost;
-- nothing is held back at its end.
with period as (
    select
        reductions.project_id,
        reductions.rule_set,
        sum(reductions.credits) as credits,
        arg_min(reductions.opening_tco2e, reductions.vintage_year) + sum(reductions.earned_tco2e) as earned_tco2e,
        arg_max(reductions.carried_tco2e, reductions.vintage_year) as carried_tco2e
    from {{ ref('emission_reductions') }} as reductions
    inner join {{ ref('int_account_rules') }} as rules
        on
            reductions.project_id = rules.project_id
            and reductions.rule_set = rules.rule_set
            and reductions.vintage_year = rules.vintage_year
    where reductions.carried_tco2e is not null and rules.deficit_rule = 'earned_back' and rules.rounding = 'floor'
    group by reductions.project_id, reductions.rule_set
)

select *
from period
where credits > greatest(earned_tco2e, 0) or carried_tco2e > 0
