{# Place of a step in the process of consent: of two steps of one day the later one tells how things stand. #}
{% macro consent_rank(step) -%}
    list_position(
        ['information', 'consultation', 'deliberation', 'decision', 'agreement', 'follow_up', 'withdrawal'], {{ step }}
    )
{%- endmacro %}
