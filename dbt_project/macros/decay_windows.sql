{# Over how many years what stood in a pool is emitted after a change. Expects the alias accounts. #}
{% macro from_window(activity, pool) -%}
    cast(
        case
            when accounts.emission_timing = 'year_of_loss' or {{ activity }} <> 'deforestation' then 1
            when accounts.emission_timing = 'decay' and {{ pool }} = 'below_ground'
                then accounts.decay_years_below_ground
            when accounts.emission_timing = 'decay' and {{ pool }} = 'dead_wood'
                then accounts.decay_years_dead_wood
            when accounts.emission_timing = 'decay' and {{ pool }} = 'soil' then accounts.decay_years_soil
            when accounts.emission_timing = 'decay' then 1
        end as bigint
    )
{%- endmacro %}

{# Over how many years what follows a change is gained. Expects the alias accounts. #}
{% macro to_window(activity) -%}
    cast(
        case
            when accounts.emission_timing = 'year_of_loss' or {{ activity }} <> 'deforestation' then 1
            when accounts.emission_timing = 'decay' then accounts.decay_years_after_deforestation
        end as bigint
    )
{%- endmacro %}
