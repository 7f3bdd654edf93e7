-- What nobody wrote down about people is null and says so; and parts are never more than the whole.
select
    'benefit_metrics' as mart,
    metric as row_key
from {{ ref('benefit_metrics') }}
where (value is null and reason is null) or (lifetime_value is null and lifetime_reason is null)
union all
select
    'training' as mart,
    topic as row_key
from {{ ref('training') }}
where (people is null or women is null or hours is null) and reason is null or women > people or youth > people
union all
select
    'employment' as mart,
    community_id || ' ' || gender as row_key
from {{ ref('employment') }}
where (people is null or fte is null) and reason is null or people > jobs
union all
select
    'livelihoods' as mart,
    community_id || ' ' || activity as row_key
from {{ ref('livelihoods') }}
where (households is null or area_ha is null or income_pen is null) and reason is null
union all
select
    'households_benefiting' as mart,
    basis as row_key
from {{ ref('households_benefiting') }}
where (households is null or share_percent is null) and reason is null
union all
select
    'activities' as mart,
    field || ' ' || driver as row_key
from {{ ref('activities') }}
where (activity_count is null or hours is null) and reason is null
union all
select
    'planting' as mart,
    site_id || ' ' || scientific_name as row_key
from {{ ref('planting') }}
where survival_share is null <> (reason is not null) or survival_share > 1
union all
select
    'grievances' as mart,
    grievance_id as row_key
from {{ ref('grievances') }}
where days_to_close is null <> (reason is not null) or days_to_close < 0
