{# Whether an area of int_account_activity comes with an error of its own, known or not: a sample or a spread. #}
{% macro has_stated_error() -%}
    coalesce(
        degrees_of_freedom is not null or se_ha > 0 or (se_ha is null and distribution in ('triangular', 'beta')), false
    )
{%- endmacro %}
