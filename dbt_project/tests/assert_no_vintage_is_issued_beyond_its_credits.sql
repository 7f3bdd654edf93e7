-- A warning, for the ledger may be right and the registry wrong, or the other way round; either way somebody must look.
{{ config(severity='warn') }}

select
    project_id,
    rule_set,
    vintage_start,
    vintage_end,
    computed_credits,
    issued
from {{ ref('issuance_reconciliation') }}
where is_primary and status = 'over_issued'
