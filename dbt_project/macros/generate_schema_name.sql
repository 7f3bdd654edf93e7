{# Models lie in the schema that dbt_project.yml names, without a prefix: one build database belongs to one run. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
