-- Null is not zero: what the registry, the ledger or the earlier vintages do not tell is told as such.
select
    'issuance_reconciliation' as mart,
    project_id,
    rule_set,
    cast(vintage_start as varchar) as row_key
from {{ ref('issuance_reconciliation') }}
where (computed_credits is null or issued is null or available is null) and reason is null

union all

select
    'reversals' as mart,
    project_id,
    rule_set,
    kind || ' ' || event_id as row_key
from {{ ref('reversals') }}
where (status = 'not_known' or (kind <> 'verification' and buffer_credits is null)) and reason is null
