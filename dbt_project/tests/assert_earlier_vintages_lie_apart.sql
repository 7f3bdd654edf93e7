-- A day that two earlier vintages share, or one of them and the period, is verified twice; a vintage lies in one year.
with prior_vintages as (
    select * from {{ ref('stg_prior_vintages') }}
)

select
    one.project_id,
    one.rule_set,
    one.vintage_start,
    other.vintage_start as shared_with
from prior_vintages as one
inner join prior_vintages as other
    on
        one.project_id = other.project_id
        and one.rule_set = other.rule_set
        and one.vintage_start < other.vintage_start
        and one.vintage_end >= other.vintage_start

union all

select
    prior_vintages.project_id,
    prior_vintages.rule_set,
    prior_vintages.vintage_start,
    accounts.period_start
from prior_vintages
inner join {{ ref('stg_accounts') }} as accounts
    on
        prior_vintages.project_id = accounts.project_id
        and prior_vintages.rule_set = accounts.rule_set
        and prior_vintages.vintage_end >= accounts.period_start
        and prior_vintages.vintage_start <= accounts.period_end

union all

select
    project_id,
    rule_set,
    vintage_start,
    vintage_end
from prior_vintages
where year(vintage_start) <> vintage_year or year(vintage_end) <> vintage_year
