{#
Whether a row of counts is kept back: it is small itself, or it is the smallest of the others where the small ones
together could be had as the rest of a total that is told: only one of them, or too few people in all of them.

small: condition for a small row.
size: people or households of the row.
least: least group that is told.
within: columns of the rows that add up to one total.
tie: column that decides between rows of the same size.
#}
{% macro kept_back(small, size, least, within, tie) -%}
    (
        {{ small }}
        or (
            count(*) filter (where {{ small }}) over (partition by {{ within }}) > 0
            and (
                count(*) filter (where {{ small }}) over (partition by {{ within }}) = 1
                or sum({{ size }}) filter (where {{ small }}) over (partition by {{ within }}) < {{ least }}
            )
            and row_number() over (
                partition by {{ within }}, {{ small }}
                order by {{ size }} = 0 asc, {{ size }} asc, {{ tie }} asc
            ) = 1
        )
    )
{%- endmacro %}
