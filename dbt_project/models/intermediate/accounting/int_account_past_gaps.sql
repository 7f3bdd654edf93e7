-- Under decay a part of earlier losses is emitted now: their years must be known back to the start of crediting.
with accounts as (
    select * from {{ ref('int_account_constants') }}
),

segments as (
    select * from {{ ref('int_account_segments') }}
),

deforested as (
    select distinct
        project_id,
        rule_set,
        scenario,
        scope,
        zone_id,
        year
    from {{ ref('int_account_areas') }}
    where activity = 'deforestation' and scope in ('project_area', 'leakage_belt')
),

decaying as (
    select
        segments.project_id,
        segments.rule_set,
        segments.scenario,
        segments.baseline_version,
        deforested.scope,
        deforested.zone_id,
        segments.vintage_year as year,
        segments.days,
        segments.days_in_year,
        unnest(range(
            greatest(
                least(accounts.crediting_year, accounts.first_vintage_year),
                segments.vintage_year - accounts.longest_window + 1
            ),
            segments.vintage_year
        )) as earlier_year
    from segments
    inner join accounts
        on segments.project_id = accounts.project_id and segments.rule_set = accounts.rule_set
    inner join deforested
        on
            segments.project_id = deforested.project_id
            and segments.rule_set = deforested.rule_set
            and segments.scenario = deforested.scenario
            and segments.vintage_year = deforested.year
    where
        accounts.emission_timing = 'decay'
        and (segments.baseline_version <> '*' or segments.scenario = 'monitored')
),

final as (
    select
        decaying.project_id,
        decaying.rule_set,
        decaying.scenario,
        decaying.baseline_version,
        decaying.scope,
        decaying.zone_id,
        'deforestation' as activity,
        decaying.year,
        decaying.days,
        decaying.days_in_year,
        'what decays of the deforestation of zone ' || decaying.zone_id || ' in '
        || string_agg(decaying.earlier_year, ', ' order by decaying.earlier_year) || ' is not known ('
        || decaying.scenario || ')' as reason
    from decaying
    anti join deforested
        on
            decaying.project_id = deforested.project_id
            and decaying.rule_set = deforested.rule_set
            and decaying.scenario = deforested.scenario
            and decaying.scope = deforested.scope
            and decaying.zone_id = deforested.zone_id
            and decaying.earlier_year = deforested.year
    group by
        decaying.project_id,
        decaying.rule_set,
        decaying.scenario,
        decaying.baseline_version,
        decaying.scope,
        decaying.zone_id,
        decaying.year,
        decaying.days,
        decaying.days_in_year
)

select * from final
