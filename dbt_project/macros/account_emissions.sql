{# All rows of emissions of one scenario: computed, declared, of fire, and what is lacking, by the vintage's days. #}
{% macro account_emissions(scenario) -%}
    with accounts as (
        select * from {{ ref('int_account_constants') }}
    ),

    declared as (
        select
            declared.project_id,
            declared.rule_set,
            declared.scenario,
            declared.baseline_version,
            declared.scope,
            '*' as zone_id,
            '*' as stratum_id,
            declared.component as activity,
            '*' as from_state,
            '*' as to_state,
            'declared' as pool,
            declared.year,
            'declared' as method,
            declared.emissions_tco2e,
            declared.days,
            declared.days_in_year,
            declared.reason
        from {{ ref('int_account_declared') }} as declared
        inner join accounts
            on declared.project_id = accounts.project_id and declared.rule_set = accounts.rule_set
        where
            declared.scope in ('project_area', 'leakage_belt')
            and (
                declared.component in ('deforestation', 'fire')
                or (declared.component = 'degradation' and accounts.degradation_counted = 'yes')
                or (
                    declared.component = 'enhancement'
                    and (declared.scenario = 'baseline' or accounts.enhancement_credited = 'yes')
                )
            )
    ),

    fire as (
        select
            *,
            'fire' as activity,
            'forest' as from_state,
            'burnt' as to_state,
            'fire' as method
        from {{ ref('int_account_fire') }}
        where scope in ('project_area', 'leakage_belt')
    ),

    gaps as (
        select
            project_id,
            rule_set,
            scenario,
            baseline_version,
            scope,
            zone_id,
            '*' as stratum_id,
            activity,
            '*' as from_state,
            '*' as to_state,
            '*' as pool,
            year,
            'none' as method,
            days,
            days_in_year,
            {{ reasons('reason') }} as reason
        from {{ ref('int_account_gaps') }}
        group by project_id, rule_set, scenario, baseline_version, scope, zone_id, activity, year, days, days_in_year
    ),

    united as (
        select * from {{ ref('int_account_emissions') }}
        union all by name
        select * from declared
        union all by name
        select * from fire
        union all by name
        select * from gaps
    ),

    final as (
        select
            project_id,
            rule_set,
            {% if scenario == 'baseline' %}baseline_version,{% endif %}
            scope,
            zone_id,
            stratum_id,
            activity,
            from_state,
            to_state,
            pool,
            year,
            method,
            area_ha,
            emission_factor_tco2e_ha,
            cast(span_tco2e as decimal(28, 9)) as span_tco2e,
            span_years,
            cast(emissions_tco2e as decimal(28, 9)) as emissions_tco2e,
            days,
            days_in_year,
            case
                when days = days_in_year then cast(emissions_tco2e as decimal(28, 9))
                else {{ divide_whole(whole('emissions_tco2e', 9) ~ ' * days', 'days_in_year::hugeint') }}
            end as period_tco2e,
            reason
        from united
        where scenario = '{{ scenario }}'
    )

    select * from final
{%- endmacro %}
