{# All different reasons of a group in one text, or null. #}
{% macro reasons(column, where='true') -%}
    string_agg(distinct {{ column }}, '; ' order by {{ column }}) filter (where {{ where }})
{%- endmacro %}

{# The reasons that are not null, joined; null when there is none. #}
{% macro join_reasons(columns) -%}
    nullif(concat_ws('; ', {{ columns | join(', ') }}), '')
{%- endmacro %}
