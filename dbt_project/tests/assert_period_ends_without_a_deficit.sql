-- A period that emitted more than its baseline leaves a deficit that later periods must earn back. A warning, for the
-- ledger itself is right.
{{ config(severity='warn') }}

select
    vintage_year,
    carried_tco2e
from {{ ref('emission_reductions') }}
qualify vintage_year = max(vintage_year) over () and carried_tco2e < 0
