-- Null is not zero: whatever is null says why, and what is there needs no excuse.
select
    'baseline_emissions' as mart,
    concat_ws(
        ' ', project_id, rule_set, baseline_version, scope, zone_id, stratum_id, activity, pool, year
    ) as row_key
from {{ ref('baseline_emissions') }}
where emissions_tco2e is null <> (reason is not null) or emissions_tco2e is null <> (period_tco2e is null)
union all
select
    'project_emissions' as mart,
    concat_ws(' ', project_id, rule_set, scope, zone_id, stratum_id, activity, pool, year) as row_key
from {{ ref('project_emissions') }}
where emissions_tco2e is null <> (reason is not null) or emissions_tco2e is null <> (period_tco2e is null)
union all
select
    'deforestation_annual' as mart,
    zone_id || ' ' || year as row_key
from {{ ref('deforestation_annual') }}
where area_ha is null <> (reason is not null)
union all
select
    'carbon_stocks' as mart,
    stratum_id || ' ' || state || ' ' || pool as row_key
from {{ ref('carbon_stocks') }}
where stock_tc_ha is null <> (reason is not null)
union all
select
    'fires_monthly' as mart,
    zone_id || ' ' || month as row_key
from {{ ref('fires_monthly') }}
where fire_count is null <> (days_observed = 0) or reason is null = (days_observed < days)
union all
select
    'fires_period' as mart,
    zone_id as row_key
from {{ ref('fires_period') }}
where fire_count is null <> (days_observed = 0) or reason is null = (days_observed < days)
union all
select
    'vegetation_change' as mart,
    zone_id || ' ' || vegetation_index || ' ' || before_id || ' ' || after_id as row_key
from {{ ref('vegetation_change') }}
where mean_change is null <> (reason is not null)
union all
select
    'scenes_used' as mart,
    composite_id || ' ' || collection || ' ' || scene_id as row_key
from {{ ref('scenes_used') }}
where used = (reason is not null)
union all
select
    'alerts_monthly' as mart,
    zone_id || ' ' || product || ' ' || month || ' ' || confidence as row_key
from {{ ref('alerts_monthly') }}
where alert_area_ha is null <> (days_observed = 0) or reason is null = (days_observed < days)
union all
select
    'alerts_weekly' as mart,
    zone_id || ' ' || product || ' ' || week_start || ' ' || confidence as row_key
from {{ ref('alerts_weekly') }}
where alert_area_ha is null <> (days_observed = 0) or reason is null = (days_observed < days)
union all
select
    'activity_data' as mart,
    zone_id || ' ' || activity_class || ' ' || coalesce(cast(year as varchar), '*') as row_key
from {{ ref('activity_data') }}
where
    (estimate_area_ha is null and reason is null)
    or (activity_class = 'loss' and ledger_area_ha is null and reason is null)
    or (estimate_area_ha is null and map_outside_ci95 is not null)
union all
select
    'map_accuracy' as mart,
    design_id || ' ' || zone_id || ' ' || measure || ' ' || map_class as row_key
from {{ ref('map_accuracy') }}
where accuracy is null and reason is null
union all
select
    'sample_units' as mart,
    unit_id as row_key
from {{ ref('sample_units') }}
where (reference_class is not null) <> (outcome in ('single', 'agreed', 'resolved'))
union all
select
    'leakage' as mart,
    project_id || ' ' || rule_set || ' ' || vintage_year as row_key
from {{ ref('leakage') }}
where leakage_tco2e is null and reason is null
union all
select
    'buffer' as mart,
    project_id || ' ' || rule_set || ' ' || vintage_year as row_key
from {{ ref('buffer') }}
where buffer_tco2e is null and reason is null
union all
select
    'risk_rating' as mart,
    project_id || ' ' || rule_set || ' ' || vintage_year || ' ' || category as row_key
from {{ ref('risk_rating') }}
where (score is null or passes is null) and reason is null
union all
select
    'emission_reductions' as mart,
    project_id || ' ' || rule_set || ' ' || vintage_year as row_key
from {{ ref('emission_reductions') }}
where credits is null and reason is null
union all
select
    'vintages' as mart,
    project_id || ' ' || rule_set || ' ' || vintage_start as row_key
from {{ ref('vintages') }}
where
    ((credits is null or net_tco2e is null) and reason is null)
    or ex_ante_net_tco2e is null <> (ex_ante_reason is not null)
union all
select
    'figures' as mart,
    figure_id as row_key
from {{ ref('figures') }}
where value is null and reason is null
union all
select
    'detections' as mart,
    scientific_name || ' ' || zone_id as row_key
from {{ ref('detections') }}
where events_per_100_nights is null <> (reason is not null) or event_count is null <> (reason is not null)
union all
select
    'threatened_species_benefiting' as mart,
    category as row_key
from {{ ref('threatened_species_benefiting') }}
where species_count is null <> (reason is not null)
union all
select
    'hcv_condition' as mart,
    zone_id || ' ' || coalesce(cast(hcv_class as varchar), '-') as row_key
from {{ ref('hcv_condition') }}
where condition is null <> (reason is not null)
union all
select
    'species' as mart,
    scientific_name as row_key
from {{ ref('species') }}
where category = 'NE' and reason is null and assessed_on is null
