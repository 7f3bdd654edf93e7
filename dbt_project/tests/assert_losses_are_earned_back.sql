-- In every vintage of the period, what came in and what the vintage earned is what was credited and what is carried on;
-- nothing is credited while a net loss is carried, and what is rounded off is less than a credit a vintage.
with ledger as (
    select
        reductions.*,
        rules.deficit_rule,
        rules.rounding
    from {{ ref('emission_reductions') }} as reductions
    inner join {{ ref('int_account_rules') }} as rules
        on
            reductions.project_id = rules.project_id
            and reductions.rule_set = rules.rule_set
            and reductions.vintage_year = rules.vintage_year
    where rules.deficit_rule = 'earned_back'
),

running as (
    select
        *,
        count(*) over upto = count(earned_tco2e) over upto as is_known,
        lag(carried_tco2e) over (partition by project_id, rule_set order by vintage_year) as carried_before_tco2e,
        creditable_tco2e - credits as rounded_off_tco2e
    from ledger
    window upto as (
        partition by project_id, rule_set
        order by vintage_year
        rows between unbounded preceding and current row
    )
)

select
    project_id,
    rule_set,
    vintage_year,
    opening_tco2e,
    earned_tco2e,
    creditable_tco2e,
    carried_tco2e,
    credits
from running
where
    credits is not null <> is_known
    or carried_tco2e is not null <> is_known
    or opening_tco2e + earned_tco2e <> creditable_tco2e + carried_tco2e
    or opening_tco2e <> carried_before_tco2e
    or credits < 0
    or (credits > 0 and carried_tco2e < 0)
    or (rounding = 'floor' and (rounded_off_tco2e < 0 or rounded_off_tco2e >= 1))
    or (rounding = 'half_up' and abs(rounded_off_tco2e) > 0.5)
