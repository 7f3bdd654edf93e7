-- Every credit of the registry's table stands in exactly one vintage of each account that is credited in its unit.
with told as (
    select coalesce(sum(quantity_issued), 0) as quantity
    from {{ ref('issuances') }}
    where credit_unit = 'VCU'
),

compared as (
    select
        project_id,
        rule_set,
        coalesce(sum(issued), 0) as quantity
    from {{ ref('issuance_reconciliation') }}
    where status <> 'not_received'
    group by project_id, rule_set
)

select compared.*
from compared
cross join told
where compared.quantity <> told.quantity
