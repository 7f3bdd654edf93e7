{#
A value in tonnes times a rate, exactly, rounded once to a billionth of a tonne. Null on either side gives null.
#}
{% macro share_of(value, rate) -%}
    cast(cast({{ value }} as decimal(38, 9)) * cast({{ rate }} as decimal(38, 9)) as decimal(28, 9))
{%- endmacro %}
