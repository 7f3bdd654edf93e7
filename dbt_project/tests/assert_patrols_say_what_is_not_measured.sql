-- A distance, a rate or a response that is not told says why, and days of patrols make up the distance of their patrol.
select
    'patrols' as mart,
    patrol_id as row_key
from {{ ref('patrols') }}
where distance_km is null <> (reason is not null)
union all
select
    'patrols' as mart,
    patrols.patrol_id as row_key
from {{ ref('patrols') }} as patrols
inner join {{ ref('stg_patrol_days') }} as days on patrols.patrol_id = days.patrol_id
group by patrols.patrol_id
having abs(sum(days.distance_km) - max(patrols.distance_km)) > 0.000001
union all
select
    'threats' as mart,
    event_id as row_key
from {{ ref('threats') }}
where response_days is null <> (reason is not null)
union all
select
    'threat_rates' as mart,
    zone_id || ' ' || threat_type as row_key
from {{ ref('threat_rates') }}
where
    threats_per_100_km is null <> (reason is not null)
    or median_response_days is null <> (response_reason is not null)
    or threat_on_track_count > threat_count
union all
select
    'patrol_coverage' as mart,
    zone_id || ' ' || period_start as row_key
from {{ ref('patrol_coverage') }}
where coverage_percent is null and reason is null or visited_cell_count > cell_count
