-- Where a period ends in a net loss, its credits are more than its reductions: the deficit that is left must be made
-- good outside the period. A warning, for the ledger itself is right.
{{ config(severity='warn') }}

select
    vintage_year,
    deficit_carried_tco2e
from {{ ref('emission_reductions') }}
qualify vintage_year = max(vintage_year) over () and deficit_carried_tco2e < 0
