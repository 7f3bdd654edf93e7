-- What was measured or declared, by the keys under which the catalogue of monitored parameters asks for it.
with vintages as (
    select * from {{ ref('int_account_vintages') }}
),

accounts as (
    select * from {{ ref('stg_accounts') }}
),

measured as (
    select
        accounts.project_id,
        accounts.rule_set
    from accounts
    inner join {{ ref('stg_project') }} as project on accounts.project_id = project.project_id
),

emissions as (
    select
        'baseline' as scenario,
        *
    from {{ ref('baseline_emissions') }}
    union all by name
    select
        'monitored' as scenario,
        '*' as baseline_version,
        *
    from {{ ref('project_emissions') }}
),

-- Each pool repeats the area of its change of state.
areas as (
    select
        project_id,
        rule_set,
        'area.' || scenario || '.' || scope || '.' || activity as value_key,
        year as vintage_year,
        zone_id,
        stratum_id,
        concat_ws(' ', nullif(baseline_version, '*'), from_state || ' > ' || to_state) as item,
        cast(max(area_ha) as decimal(28, 9)) as value,
        case scenario when 'baseline' then 'baseline_emissions' else 'project_emissions' end as evidence_mart,
        'scope=' || scope || ';zone_id=' || zone_id || ';stratum_id=' || stratum_id || ';activity=' || activity
        || ';year=' || year as evidence_key,
        {{ reasons('reason', 'area_ha is null') }} as reason
    from emissions
    where method <> 'declared' and activity <> 'fire'
    group by
        project_id,
        rule_set,
        scenario,
        baseline_version,
        scope,
        zone_id,
        stratum_id,
        activity,
        from_state,
        to_state,
        year
),

burnt as (
    select
        burnt.project_id,
        vintages.rule_set,
        'burnt.' || burnt.scenario || '.' || burnt.scope as value_key,
        burnt.year as vintage_year,
        burnt.zone_id,
        burnt.stratum_id,
        coalesce(burnt.baseline_version, '*') as item,
        cast(burnt.area_ha as decimal(28, 9)) as value,
        'account_burnt_areas' as evidence_mart,
        'scope=' || burnt.scope || ';zone_id=' || burnt.zone_id || ';stratum_id=' || burnt.stratum_id
        || ';year=' || burnt.year as evidence_key
    from {{ ref('stg_account_burnt_areas') }} as burnt
    inner join vintages on burnt.project_id = vintages.project_id and burnt.year = vintages.vintage_year
),

totals as (
    select
        project_id,
        rule_set,
        'emissions.' || scenario || '.' || scope || '.' || activity as value_key,
        year as vintage_year,
        '*' as zone_id,
        '*' as stratum_id,
        '*' as item,
        {{ sum_or_null('period_tco2e') }} as value,
        case scenario when 'baseline' then 'baseline_emissions' else 'project_emissions' end as evidence_mart,
        'scope=' || scope || ';activity=' || activity || ';year=' || year as evidence_key,
        {{ reasons('reason', 'period_tco2e is null') }} as reason
    from emissions
    group by project_id, rule_set, scenario, scope, activity, year
),

cleared as (
    select distinct
        project_id,
        rule_set,
        to_state
    from emissions
    where activity = 'deforestation'
),

molar as (
    select
        stocks.project_id,
        stocks.rule_set,
        stocks.stratum_id,
        stocks.state,
        stocks.pool,
        stocks.reason,
        cleared.to_state is not null as is_cleared,
        constants.carbon_molar_mass,
        cast(stocks.stock_tc_ha as decimal(38, 9))
        * cast(constants.co2_molar_mass as decimal(38, 9)) as stock_by_molar_mass
    from {{ ref('int_account_stocks') }} as stocks
    inner join {{ ref('int_account_constants') }} as constants
        on stocks.project_id = constants.project_id and stocks.rule_set = constants.rule_set
    left join cleared
        on
            stocks.project_id = cleared.project_id
            and stocks.rule_set = cleared.rule_set
            and stocks.state = cleared.to_state
    where stocks.is_counted
),

stocks as (
    select
        molar.project_id,
        molar.rule_set,
        case when molar.is_cleared then 'stock.post_deforestation' else 'stock.' || molar.pool end as value_key,
        molar.stratum_id,
        concat_ws(' ', molar.state, case when molar.is_cleared then molar.pool end) as item,
        {{ divide('molar.stock_by_molar_mass', 'molar.carbon_molar_mass', 18, 9) }} as value,
        case when measured.rule_set is null then 'account_stocks' else 'carbon_stocks' end as evidence_mart,
        'stratum_id=' || molar.stratum_id || ';state=' || molar.state || ';pool=' || molar.pool as evidence_key,
        molar.reason
    from molar
    left join measured on molar.project_id = measured.project_id and molar.rule_set = measured.rule_set
),

factors as (
    select
        project_id,
        rule_set,
        'factor' as value_key,
        stratum_id,
        from_state || ' > ' || to_state as item,
        cast({{ sum_or_null('emission_factor_tco2e_ha') }} as decimal(28, 9)) as value,
        'project_emissions' as evidence_mart,
        'stratum_id=' || stratum_id || ';from_state=' || from_state || ';to_state=' || to_state as evidence_key,
        {{ reasons('reason') }} as reason
    from {{ ref('int_account_factors') }}
    group by project_id, rule_set, stratum_id, from_state, to_state
),

declared_samples as (
    select
        samples.project_id,
        accounts.rule_set,
        samples.zone_id,
        samples.stratum_id,
        samples.sampling_stratum_id || ' ' || samples.first_year || '-' || samples.last_year as item,
        samples.area_ha,
        samples.unit_count,
        samples.loss_count,
        samples.monitoring_years,
        'account_area_samples' as evidence_mart,
        'sampling_stratum_id=' || samples.sampling_stratum_id as evidence_key
    from {{ ref('stg_account_area_samples') }} as samples
    inner join accounts on samples.project_id = accounts.project_id
),

drawn_samples as (
    select
        measured.project_id,
        measured.rule_set,
        samples.zone_id,
        coalesce(samples.carbon_stratum_id, '*') as stratum_id,
        samples.design_id || ' ' || samples.stratum_id as item,
        samples.area_ha,
        samples.usable_count as unit_count,
        samples.loss_count,
        samples.gain_count,
        samples.stable_forest_count,
        samples.stable_non_forest_count,
        samples.mpl_years as monitoring_years,
        'sample_strata' as evidence_mart,
        'design_id=' || samples.design_id || ';stratum_id=' || samples.stratum_id as evidence_key
    from {{ ref('sample_strata') }} as samples
    cross join measured
),

samples as (
    select * from declared_samples
    union all by name
    select * from drawn_samples
),

sample_values as (
    select
        samples.project_id,
        samples.rule_set,
        'sample.' || names.short_name as value_key,
        samples.zone_id,
        samples.stratum_id,
        samples.item,
        cast(
            case names.short_name
                when 'area_ha' then samples.area_ha
                when 'unit_count' then samples.unit_count
                when 'loss_count' then samples.loss_count
                when 'gain_count' then samples.gain_count
                when 'stable_forest_count' then samples.stable_forest_count
                when 'stable_non_forest_count' then samples.stable_non_forest_count
                when 'monitoring_years' then samples.monitoring_years
            end as decimal(28, 9)
        ) as value,
        samples.evidence_mart,
        samples.evidence_key
    from samples
    cross join (
        values
        ('area_ha'),
        ('unit_count'),
        ('loss_count'),
        ('gain_count'),
        ('stable_forest_count'),
        ('stable_non_forest_count'),
        ('monitoring_years')
    ) as names (short_name)
),

frames as (
    select
        project_id,
        rule_set,
        'sample.frame_ha' as value_key,
        zone_id,
        cast({{ sum_or_null('area_ha') }} as decimal(28, 9)) as value,
        evidence_mart,
        'zone_id=' || zone_id as evidence_key
    from samples
    group by project_id, rule_set, zone_id, evidence_mart
),

forest as (
    select
        measured.project_id,
        measured.rule_set,
        'forest_area' as value_key,
        forest.year as vintage_year,
        forest.zone_id,
        forest.product as item,
        cast(forest.area_ha as decimal(28, 9)) as value,
        'forest_cover_annual' as evidence_mart,
        'zone_id=' || forest.zone_id || ';year=' || forest.year as evidence_key
    from {{ ref('forest_cover_annual') }} as forest
    cross join measured
    inner join vintages
        on
            measured.project_id = vintages.project_id
            and measured.rule_set = vintages.rule_set
            and forest.year = vintages.vintage_year
    where forest.kind in ('project_area', 'leakage_belt')
),

united as (
    select * from areas
    union all by name
    select * from burnt
    union all by name
    select * from totals
    union all by name
    select * from stocks
    union all by name
    select * from factors
    union all by name
    select * from sample_values
    where value is not null
    union all by name
    select * from frames
    union all by name
    select * from forest
),

final as (
    select
        project_id,
        rule_set,
        value_key,
        vintage_year,
        coalesce(zone_id, '*') as zone_id,
        coalesce(stratum_id, '*') as stratum_id,
        coalesce(item, '*') as item,
        cast(value as decimal(28, 9)) as value,
        evidence_mart,
        'project_id=' || project_id || ';rule_set=' || rule_set || ';' || evidence_key as evidence_key,
        case when value is null then coalesce(reason, 'not known') end as reason
    from united
)

select * from final
