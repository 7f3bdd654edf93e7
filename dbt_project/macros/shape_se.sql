{#
The standard error that the shapes of a distribution state by themselves, in the unit of the value; null for others.

triangular from a over b to c: the square root of (a² + b² + c² - ab - ac - bc) / 18. beta(a, b), taken over its own mean as
`mrv.estimation.distributions` does: value times the square root of b / (a (a + b + 1)).
#}
{% macro shape_se(value, distribution='distribution', a='shape_a', b='shape_b', c='shape_c') -%}
    {%- set a, b, c = ['cast(' ~ a ~ ' as double)', 'cast(' ~ b ~ ' as double)', 'cast(' ~ c ~ ' as double)'] -%}
    case {{ distribution }}
        when 'triangular'
            then sqrt(({{ a }} * {{ a }} + {{ b }} * {{ b }} + {{ c }} * {{ c }} - {{ a }} * {{ b }} - {{ a }} * {{ c }} - {{ b }} * {{ c }}) / 18)
        when 'beta' then abs(cast({{ value }} as double)) * sqrt({{ b }} / ({{ a }} * ({{ a }} + {{ b }} + 1)))
    end
{%- endmacro %}
