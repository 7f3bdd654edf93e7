{%- set choices = [
    'emission_timing',
    'pool_above_ground',
    'pool_below_ground',
    'pool_dead_wood',
    'pool_litter',
    'pool_soil',
    'stock_bound',
    'emission_detail',
    'degradation_counted',
    'enhancement_credited',
    'activity_data_source',
    'activity_data_years',
] -%}
{%- set numbers = [
    'carbon_fraction',
    'carbon_fraction_litter',
    'co2_molar_mass',
    'carbon_molar_mass',
    'stock_precision_limit',
    'stock_decimals',
    'emission_factor_decimals',
    'emissions_decimals',
    'decay_years_below_ground',
    'decay_years_dead_wood',
    'decay_years_soil',
    'decay_years_after_deforestation',
] -%}
with rules as (
    select * from {{ ref('int_account_rules') }}
),

accounts as (
    select * from {{ ref('stg_accounts') }}
),

-- What shapes stocks, factors and areas holds for all vintages of an account. One that changes between them is not
-- known here: the reason names it.
constants as (
    select
        project_id,
        rule_set,
        {% for name in choices + numbers %}
            if(min({{ name }}) = max({{ name }}) and count({{ name }}) = count(*), max({{ name }}), null) as {{ name }},
        {% endfor %}
        {% set changes = [] -%}
        {% for name in choices + numbers -%}
        {% do changes.append(
            "case when min(" ~ name ~ ") <> max(" ~ name ~ ") or count(" ~ name ~ ") not in (0, count(*)) then "
            ~ "'parameter " ~ name ~ " changes between vintages of the period' end"
        ) -%}
        {% endfor -%}
        {{ join_reasons(changes) }} as reason
    from rules
    group by project_id, rule_set
),

final as (
    select
        constants.*,
        accounts.is_primary,
        year(accounts.crediting_start) as crediting_year,
        year(accounts.period_start) as first_vintage_year,
        year(accounts.period_end) as last_vintage_year,
        -- The oldest loss of which something is still emitted, of the pools that are counted.
        case
            when constants.emission_timing = 'decay'
                then
                    cast(greatest(
                        1,
                        if(constants.pool_below_ground = 'counted', constants.decay_years_below_ground, 1),
                        if(constants.pool_dead_wood = 'counted', constants.decay_years_dead_wood, 1),
                        if(constants.pool_soil = 'counted', constants.decay_years_soil, 1),
                        constants.decay_years_after_deforestation
                    ) as bigint)
            else 1
        end as longest_window
    from constants
    inner join accounts
        on constants.project_id = accounts.project_id and constants.rule_set = accounts.rule_set
)

select * from final
