-- Both scenarios of a vintage, by activity.
with vintages as (
    select * from {{ ref('int_account_vintages') }}
),

emissions as (
    select
        project_id,
        rule_set,
        year,
        scope,
        'baseline' as scenario,
        activity,
        baseline_version = '*' as is_uncovered,
        period_tco2e,
        reason
    from {{ ref('baseline_emissions') }}
    union all
    select
        project_id,
        rule_set,
        year,
        scope,
        'monitored' as scenario,
        activity,
        false as is_uncovered,
        period_tco2e,
        reason
    from {{ ref('project_emissions') }}
),

sums as (
    select
        project_id,
        rule_set,
        year,
        scope,
        scenario,
        {% for activity in ['deforestation', 'degradation', 'enhancement', 'fire'] %}
            case
                -- On days without a baseline nothing of it is known.
                when bool_or(is_uncovered) then null
                when count(*) filter (where activity = '{{ activity }}') = 0 then 0
                else {{ sum_or_null('period_tco2e', "activity = '" ~ activity ~ "'") }}
            end as {{ activity }}_tco2e,
        {% endfor %}
        {{ reasons('reason') }} as reason
    from emissions
    group by project_id, rule_set, year, scope, scenario
),

sides (scope, scenario) as (
    values
    ('project_area', 'baseline'),
    ('project_area', 'monitored'),
    ('leakage_belt', 'baseline'),
    ('leakage_belt', 'monitored')
),

final as (
    select
        vintages.project_id,
        vintages.rule_set,
        vintages.vintage_year,
        sides.scope,
        sides.scenario,
        cast(sums.deforestation_tco2e as decimal(28, 9)) as deforestation_tco2e,
        cast(sums.degradation_tco2e as decimal(28, 9)) as degradation_tco2e,
        cast(sums.enhancement_tco2e as decimal(28, 9)) as enhancement_tco2e,
        cast(sums.fire_tco2e as decimal(28, 9)) as fire_tco2e,
        cast(sums.deforestation_tco2e + sums.degradation_tco2e + sums.enhancement_tco2e as decimal(28, 9))
            as stock_change_tco2e,
        cast(
            sums.deforestation_tco2e + sums.degradation_tco2e + sums.enhancement_tco2e + sums.fire_tco2e
            as decimal(28, 9)
        ) as emissions_tco2e,
        case when sums.scope is null then 'no zone of kind ' || sides.scope else sums.reason end as reason
    from vintages
    cross join sides
    left join sums
        on
            vintages.project_id = sums.project_id
            and vintages.rule_set = sums.rule_set
            and vintages.vintage_year = sums.year
            and sides.scope = sums.scope
            and sides.scenario = sums.scenario
)

select * from final
