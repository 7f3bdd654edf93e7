{# The sum of a column, or null as soon as one value is null: a total that leaves something out is no total. #}
{% macro sum_or_null(column, where='true') -%}
    case
        when count(*) filter (where {{ where }}) = count({{ column }}) filter (where {{ where }})
            then sum({{ column }}) filter (where {{ where }})
    end
{%- endmacro %}
