{% set adjustments -%}
    ('leakage_prevention', 'market_leakage', 'outside_belt_leakage', 'transferred')
{%- endset %}
-- A row of an input table that no account, side, version of the baseline or activity takes up would be lost in silence.
with projects as (
    select distinct project_id from {{ ref('stg_accounts') }}
),

versions as (
    select
        project_id,
        baseline_version
    from {{ ref('stg_baseline_versions') }}
),

given as (
    select
        'account_activity' as dataset,
        project_id,
        scenario,
        baseline_version,
        scope,
        activity in ('deforestation', 'degradation', 'enhancement') as is_known,
        scope in ('project_area', 'leakage_belt') as is_scope_counted,
        false as is_of_project_alone,
        zone_id || ' ' || stratum_id || ' ' || from_state || ' ' || to_state || ' ' || first_year as row_key
    from {{ ref('stg_account_activity') }}
    union all
    select
        'account_emissions' as dataset,
        project_id,
        scenario,
        baseline_version,
        scope,
        component in (
            'deforestation',
            'degradation',
            'enhancement',
            'fire',
            'leakage_prevention',
            'market_leakage',
            'outside_belt_leakage',
            'transferred'
        ) as is_known,
        scope in ('project_area', 'leakage_belt') or component in {{ adjustments }} as is_scope_counted,
        component in {{ adjustments }} as is_of_project_alone,
        component || ' ' || first_year as row_key
    from {{ ref('stg_account_emissions') }}
    union all
    select
        'account_burnt_areas' as dataset,
        project_id,
        scenario,
        baseline_version,
        scope,
        true as is_known,
        scope in ('project_area', 'leakage_belt') as is_scope_counted,
        false as is_of_project_alone,
        zone_id || ' ' || stratum_id || ' ' || year as row_key
    from {{ ref('stg_account_burnt_areas') }}
    union all
    select
        'account_area_samples' as dataset,
        project_id,
        'monitored' as scenario,
        null as baseline_version,
        scope,
        true as is_known,
        scope in ('project_area', 'leakage_belt') as is_scope_counted,
        false as is_of_project_alone,
        zone_id || ' ' || sampling_stratum_id || ' ' || first_year as row_key
    from {{ ref('stg_account_area_samples') }}
    union all
    select
        'baseline_activity' as dataset,
        project.project_id,
        'baseline' as scenario,
        areas.baseline_version,
        'project_area' as scope,
        true as is_known,
        true as is_scope_counted,
        false as is_of_project_alone,
        areas.zone_id || ' ' || areas.stratum_id || ' ' || areas.year as row_key
    from {{ ref('stg_baseline_activity') }} as areas
    cross join {{ ref('stg_project') }} as project
)

select
    given.dataset,
    given.project_id,
    given.row_key,
    case
        when projects.project_id is null then 'no account has this project'
        when not given.is_known then 'unknown activity or component'
        when given.scope not in ('project_area', 'leakage_belt', 'outside') then 'unknown scope'
        when not given.is_scope_counted then 'what lies outside is declared as leakage: areas of it are not counted'
        when given.is_of_project_alone and given.scenario = 'baseline'
            then 'leakage and what was transferred have no baseline: they are monitored'
        when given.scenario not in ('baseline', 'monitored') then 'unknown scenario'
        when given.scenario = 'monitored' then 'a monitored row names a version of the baseline'
        else 'no such version of the baseline'
    end as problem
from given
left join projects on given.project_id = projects.project_id
left join versions
    on given.project_id = versions.project_id and given.baseline_version = versions.baseline_version
where
    projects.project_id is null
    or not given.is_known
    or given.scope not in ('project_area', 'leakage_belt', 'outside')
    or not given.is_scope_counted
    or (given.is_of_project_alone and given.scenario = 'baseline')
    or given.scenario not in ('baseline', 'monitored')
    or (given.scenario = 'monitored' and given.baseline_version is not null)
    or (given.scenario = 'baseline' and versions.baseline_version is null)
