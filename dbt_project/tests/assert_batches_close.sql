-- No row is lost: read = accepted + quarantined.
select
    dataset,
    rows_read,
    rows_accepted,
    rows_quarantined
from {{ ref('stg_batches') }}
where rows_read <> rows_accepted + rows_quarantined
