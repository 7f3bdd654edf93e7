-- Areas of both ways of input: what the pipeline measured or the project declares as its baseline, and declared tables.
with accounts as (
    select * from {{ ref('int_account_constants') }}
),

project as (
    select * from {{ ref('stg_project') }}
),

scopes as (
    select
        zone_id,
        kind as scope
    from {{ ref('stg_zones') }}
    where kind in ('project_area', 'leakage_belt')
),

monitored as (
    select
        areas.project_id,
        areas.rule_set,
        'monitored' as scenario,
        cast(null as varchar) as baseline_version,
        areas.kind as scope,
        areas.zone_id,
        areas.stratum_id,
        'deforestation' as activity,
        'forest' as from_state,
        'post_deforestation' as to_state,
        areas.year as first_year,
        areas.year as last_year,
        areas.area_ha,
        areas.u90,
        project.emission_factor_method as method,
        if(areas.u90 is null, 'count of the map', 'estimate of the sample') as source,
        areas.reason
    from {{ ref('int_monitored_area') }} as areas
    cross join project
),

baseline as (
    select
        accounts.project_id,
        accounts.rule_set,
        'baseline' as scenario,
        areas.baseline_version,
        scopes.scope,
        areas.zone_id,
        areas.stratum_id,
        'deforestation' as activity,
        'forest' as from_state,
        'post_deforestation' as to_state,
        areas.year as first_year,
        areas.year as last_year,
        areas.area_ha,
        project.emission_factor_method as method,
        versions.document as source
    from accounts
    inner join project on accounts.project_id = project.project_id
    cross join {{ ref('stg_baseline_activity') }} as areas
    inner join scopes on areas.zone_id = scopes.zone_id
    left join {{ ref('stg_baseline_versions') }} as versions
        on accounts.project_id = versions.project_id and areas.baseline_version = versions.baseline_version
),

sampled as (
    select
        accounts.project_id,
        accounts.rule_set,
        'monitored' as scenario,
        cast(null as varchar) as baseline_version,
        samples.scope,
        samples.zone_id,
        samples.stratum_id,
        'deforestation' as activity,
        'forest' as from_state,
        'post_deforestation' as to_state,
        samples.first_year,
        samples.last_year,
        samples.area_ha,
        samples.se_ha,
        samples.degrees_of_freedom,
        samples.t_two_sided_90,
        'stock_change' as method,
        samples.source,
        samples.reason,
        samples.error_reason
    from accounts
    inner join {{ ref('int_account_samples') }} as samples on accounts.project_id = samples.project_id
),

declared as (
    select
        accounts.project_id,
        accounts.rule_set,
        areas.scenario,
        areas.baseline_version,
        areas.scope,
        areas.zone_id,
        areas.stratum_id,
        areas.activity,
        areas.from_state,
        areas.to_state,
        areas.first_year,
        areas.last_year,
        areas.area_ha,
        areas.se_ha,
        'stock_change' as method,
        areas.distribution,
        areas.shape_a,
        areas.shape_b,
        areas.shape_c,
        areas.error_group,
        areas.source
    from accounts
    inner join {{ ref('stg_account_activity') }} as areas on accounts.project_id = areas.project_id
),

united as (
    select * from monitored
    union all by name
    select * from baseline
    union all by name
    select * from sampled
    union all by name
    select * from declared
),

measured as (
    select
        *,
        cast(se_ha as decimal(38, 6)) * coalesce(t_two_sided_90, {{ normal_90() }}) as half_width_ha
    from united
),

final as (
    select
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
        first_year,
        last_year,
        cast(area_ha as decimal(18, 6)) as area_ha,
        cast(se_ha as decimal(18, 6)) as se_ha,
        cast(coalesce(u90, {{ divide('half_width_ha', 'area_ha', 15, 6, width=18) }}) as decimal(18, 9)) as u90,
        cast(degrees_of_freedom as bigint) as degrees_of_freedom,
        coalesce(distribution, if(se_ha is not null or u90 is not null, 'normal', null)) as distribution,
        cast(shape_a as decimal(18, 9)) as shape_a,
        cast(shape_b as decimal(18, 9)) as shape_b,
        cast(shape_c as decimal(18, 9)) as shape_c,
        error_group,
        method,
        source,
        reason,
        error_reason
    from measured
)

select * from final
