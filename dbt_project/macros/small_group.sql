{#
Whether any of some counts of people is so small that it could point at one of them: from 1 to one below the least group.

Where one is, none of the counts beside it may be told either, since the others give it away as the rest of the total.
#}
{% macro small_group(columns, least) -%}
    ({% for column in columns %}{% if not loop.first %} or {% endif %}({{ column }} > 0 and {{ column }} < {{ least }}){% endfor %})
{%- endmacro %}
