-- A period that emitted more than its baseline leaves a deficit that later periods must earn back. A warning, for the
-- ledger itself is right.
{{ config(severity='warn') }}

select
    project_id,
    rule_set,
    vintage_year,
    carried_tco2e
from {{ ref('emission_reductions') }}
qualify vintage_year = max(vintage_year) over (partition by project_id, rule_set) and carried_tco2e < 0
