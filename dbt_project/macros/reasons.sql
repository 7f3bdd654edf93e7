{# All different reasons of a group in one text, or null. #}
{% macro reasons(column, where='true') -%}
    string_agg(distinct {{ column }}, '; ' order by {{ column }}) filter (where {{ where }})
{%- endmacro %}

{# The reasons of several columns in one text, each once, in alphabetical order; null when there is none. #}
{% macro join_reasons(columns) -%}
    nullif(
        array_to_string(
            list_sort(list_distinct(string_split(concat_ws('; ', {{ columns | join(', ') }}), '; '))), '; '
        ), ''
    )
{%- endmacro %}
