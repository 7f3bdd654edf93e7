{#
Divide whole numbers exactly and round half away from zero once: what `divide` does, for many rows.

numerator, denominator: expressions of type hugeint that hold decimals as whole numbers; the denominator is positive.
shift: digits by which the numerator is finer than the denominator and the result of nine places together; not negative.
A null on either side gives null.
#}
{% macro divide_whole(numerator, denominator, shift=0) -%}
    {%- set d = '(' ~ denominator ~ ') * ' ~ '1' ~ '0' * shift -%}
    cast(
        cast(
            sign({{ numerator }}) * ((2 * abs({{ numerator }}) + {{ d }}) // (2 * {{ d }})) as decimal(38, 0)
        ) * cast(0.000000001 as decimal(10, 9)) as decimal(28, 9)
    )
{%- endmacro %}

{# A decimal as the whole number that it is stored as. #}
{% macro whole(column, scale) -%}
    cast(cast({{ column }} as decimal(38, {{ scale }})) * 1{{ '0' * scale }} as hugeint)
{%- endmacro %}
