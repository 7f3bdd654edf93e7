-- Where concessions are drawn, they should make up the project area to 0.5 %.
{{ config(severity='warn') }}

with areas as (
    select
        sum(area_ha) filter (where kind = 'concession') as concessions_ha,
        sum(area_ha) filter (where kind = 'project_area') as project_ha
    from {{ ref('zones') }}
)

select *
from areas
where abs(concessions_ha - project_ha) * 1000 > 5 * project_ha
