{#
Divide two DECIMAL or integer columns exactly and round half away from zero once, at `scale`.

DuckDB's `/` turns decimals into doubles. Here both sides are taken as the whole numbers they are stored as (the text of a
decimal without its point), so nothing is lost before the one rounding. Multiply first, divide last.

numerator, denominator: columns; the denominator must be positive. A null on either side gives null.
numerator_scale, denominator_scale: digits after the point in the columns' types (0 for integers).
#}
{% macro divide(numerator, denominator, numerator_scale, denominator_scale=0, scale=9, width=28) -%}
    {%- set shift = scale + denominator_scale - numerator_scale -%}
    {%- set up = '1' ~ '0' * ([shift, 0] | max) -%}
    {%- set down = '1' ~ '0' * ([-shift, 0] | max) -%}
    {%- set n = unscaled(numerator) -%}
    {%- set d = 'nullif(' ~ unscaled(denominator) ~ ', 0)' -%}
    cast(
        cast(
            sign({{ n }}) * ((2 * abs({{ n }}) * {{ up }} + {{ d }} * {{ down }}) // (2 * {{ d }} * {{ down }}))
            as decimal(38, 0)
        ) * cast('{{ '0.' ~ '0' * (scale - 1) ~ '1' }}' as decimal({{ scale + 1 }}, {{ scale }}))
        as decimal({{ width }}, {{ scale }})
    )
{%- endmacro %}

{% macro unscaled(column) -%}
    cast(replace(cast({{ column }} as varchar), '.', '') as hugeint)
{%- endmacro %}
