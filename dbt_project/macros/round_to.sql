{#
Round a decimal of nine places to as many decimals as a column says, half away from zero; a null column leaves it as it is.

DuckDB rounds to a number of places that is known when the query is written, so that each is written out.
#}
{% macro round_to(value, decimals, width=28) -%}
    case
        {% for places in range(9) %}
            when {{ decimals }} = {{ places }}
                then cast({{ value }} as decimal({{ width - 9 + places }}, {{ places }}))::decimal({{ width }}, 9)
        {% endfor %}
        else {{ value }}
    end
{%- endmacro %}

{# Half-width of a 90 % interval over its standard error: the normal distribution's two-sided quantile. #}
{% macro normal_90() -%}
    cast(1.644853627 as decimal(18, 9))
{%- endmacro %}
