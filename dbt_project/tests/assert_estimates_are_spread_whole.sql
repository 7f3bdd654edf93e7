-- What the ledger counts of an estimate in its years and strata is the estimate, to the last digit. Only zones can be
-- judged whose sample is of the very years of the period.
with ledger as (
    select
        project_id,
        rule_set,
        zone_id,
        min(year) as first_year,
        max(year) as last_year,
        {{ sum_or_null('area_ha') }} as area_ha
    from {{ ref('int_monitored_area') }}
    where in_period
    group by project_id, rule_set, zone_id
)

select
    ledger.rule_set,
    estimates.zone_id,
    estimates.area_ha,
    ledger.area_ha as ledger_ha
from {{ ref('int_zone_estimates') }} as estimates
inner join ledger
    on
        estimates.zone_id = ledger.zone_id
        and estimates.first_year = ledger.first_year
        and estimates.last_year = ledger.last_year
inner join {{ ref('int_account_constants') }} as rules
    on ledger.project_id = rules.project_id and ledger.rule_set = rules.rule_set
where rules.activity_data_source = 'sample_estimate' and ledger.area_ha <> estimates.area_ha
