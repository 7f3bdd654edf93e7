with project as (
    select * from {{ ref('stg_project') }}
),

sources as (
    select * from {{ ref('int_record_sources') }}
),

definitions as (
    select * from {{ ref('int_benefit_definitions') }}
),

reductions as (
    select
        'net_emission_reductions' as metric,
        {{ sum_or_null('net_tco2e') }} as value,
        {{ reasons('reason', 'net_tco2e is null') }} as reason
    from {{ ref('emission_reductions') }}
    where is_primary
),

-- Deforestation of the baseline less that which was monitored, in the project area, by the days of each year. Each pool
-- of a change repeats its area.
changes as (
    select
        'baseline' as scenario,
        baseline_version,
        zone_id,
        stratum_id,
        from_state,
        to_state,
        year,
        days * (133590 // days_in_year) as parts,
        max(area_ha) as area_ha,
        {{ reasons('reason', 'area_ha is null') }} as reason
    from {{ ref('baseline_emissions') }}
    where
        rule_set in (select project.rule_set from project)
        and scope = 'project_area'
        and activity = 'deforestation'
    group by baseline_version, zone_id, stratum_id, from_state, to_state, year, days, days_in_year
    union all
    select
        'monitored' as scenario,
        '*' as baseline_version,
        zone_id,
        stratum_id,
        from_state,
        to_state,
        year,
        days * (133590 // days_in_year) as parts,
        max(area_ha) as area_ha,
        {{ reasons('reason', 'area_ha is null') }} as reason
    from {{ ref('project_emissions') }}
    where
        rule_set in (select project.rule_set from project)
        and scope = 'project_area'
        and activity = 'deforestation'
    group by zone_id, stratum_id, from_state, to_state, year, days, days_in_year
),

areas as (
    select
        scenario,
        area_ha * parts as area_by_parts,
        reason
    from changes
),

area_sums as (
    select
        {{ sum_or_null('area_by_parts', "scenario = 'baseline'") }}
        - {{ sum_or_null('area_by_parts', "scenario = 'monitored'") }} as area_by_parts,
        cast(133590 as bigint) as parts_per_year,
        {{ reasons('reason') }} as reason
    from areas
),

forest_loss as (
    select
        'reduced_forest_loss' as metric,
        {{ divide('area_by_parts', 'parts_per_year', 6, scale=6) }} as value,
        case when area_by_parts is null then coalesce(reason, 'no area of the project area is known') end as reason
    from area_sums
),

-- A site planted for several purposes is one piece of land.
sites as (
    select
        site_id,
        max(area_ha) as area_ha
    from {{ ref('int_planting_sites') }}
    where planted_in_period and purpose <> 'enrichment'
    group by site_id
),

planted as (
    select
        'improved_land_non_forest' as metric,
        case
            when not bool_and(sources.is_known) then null
            when count(sites.site_id) = 0 then 0
            else {{ sum_or_null('sites.area_ha', 'sites.site_id is not null') }}
        end as value,
        coalesce(
            max(sources.reason),
            case
                when count(sites.area_ha) < count(sites.site_id)
                    then
                        count(sites.site_id) - count(sites.area_ha) || ' of ' || count(sites.site_id)
                        || ' planted sites have no area; the others have '
                        || rtrim(rtrim(cast(sum(sites.area_ha) as varchar), '0'), '.') || ' ha'
                        || coalesce('; ' || max(sources.quarantine_note), '')
            end,
            max(sources.quarantine_note),
            max(sources.note)
        ) as reason
    from sources
    left join sites on true
    where sources.dataset = 'planting_records'
),

trained as (
    select
        metrics.metric,
        case metrics.metric
            when 'people_trained' then training.people
            when 'women_trained' then training.women
            else training.person_events
        end as value,
        training.reason
    from {{ ref('training') }} as training
    cross join (values ('people_trained'), ('women_trained'), ('training_person_events')) as metrics (metric)
    where training.topic = '*'
),

employed as (
    select
        if(gender = '*', 'people_employed_fte', 'women_employed_fte') as metric,
        fte as value,
        reason
    from {{ ref('employment') }}
    where community_id = '*' and gender in ('*', 'female')
),

households as (
    select
        'households_benefiting' as metric,
        households as value,
        reason
    from {{ ref('households_benefiting') }}
    where basis = '*'
),

threatened as (
    select
        'threatened_species' as metric,
        species_count as value,
        reason
    from {{ ref('threatened_species_benefiting') }}
    where category = 'CR_EN'
),

told as (
    select
        metric,
        cast(value as decimal(28, 9)) as value,
        reason
    from reductions
    union all
    select
        metric,
        cast(value as decimal(28, 9)) as value,
        reason
    from forest_loss
    union all
    select
        metric,
        cast(value as decimal(28, 9)) as value,
        reason
    from planted
    union all
    select
        metric,
        cast(value as decimal(28, 9)) as value,
        reason
    from trained
    union all
    select
        metric,
        cast(value as decimal(28, 9)) as value,
        reason
    from employed
    union all
    select
        metric,
        cast(value as decimal(28, 9)) as value,
        reason
    from households
    union all
    select
        metric,
        cast(value as decimal(28, 9)) as value,
        reason
    from threatened
),

final as (
    select
        definitions.position,
        definitions.metric,
        definitions.category,
        'CCB monitoring report, table of standardised benefit metrics: ' || definitions.category as section_reference,
        definitions.is_standard,
        definitions.of_which_of,
        definitions.label_en,
        definitions.label_es,
        definitions.unit,
        told.value,
        case when project.period_start = project.crediting_start then told.value end as lifetime_value,
        definitions.rule_en,
        definitions.rule_es,
        coalesce(told.reason, case when told.value is null then definitions.unmeasured end) as reason,
        case
            when project.period_start > project.crediting_start
                then 'earlier periods are told in their own packages; a sum over them is not made here'
            when told.value is null then coalesce(told.reason, definitions.unmeasured)
        end as lifetime_reason
    from definitions
    cross join project
    left join told on definitions.metric = told.metric
)

select * from final
