-- An alert that is dated after its retrieval, or a cluster that ends before it begins, was decoded wrongly.
select zone_id || ' ' || product || ' ' || alert_date as row_key
from {{ ref('stg_alert_area') }}
where alert_date > retrieved_on
union all
select cluster_id as row_key
from {{ ref('stg_alert_clusters') }}
where last_alert < first_alert or last_alert > retrieved_on
