{#
Hectares from whole square micrometres, rounded once, to 0.01 square metres.

Add up square micrometres first and convert the sum: rounded rows added up are another number than the rounded sum, and
the same area would then stand with other digits in another table.
#}
{% macro um2_to_ha(column) -%}
    {{ divide(column, '10000000000000000', 0, scale=6, width=18) }}
{%- endmacro %}
