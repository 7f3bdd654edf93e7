-- The category of each listed species on the last day of the period; where none holds that day, NE and why.
with project as (
    select * from {{ ref('stg_project') }}
),

dated as (
    select
        categories.*,
        project.period_end,
        categories.holds_from <= project.period_end
        and (categories.superseded_on is null or project.period_end < categories.superseded_on) as is_latest
    from {{ ref('stg_taxon_categories') }} as categories
    cross join project
),

final as (
    select
        scientific_name,
        max(list_name) as list_name,
        coalesce(
            max(category) filter (where is_latest and (holds_to is null or holds_to >= period_end)), 'NE'
        ) as category,
        max(holds_from) filter (where is_latest) as assessed_on,
        max(holds_to) filter (where is_latest) as holds_to,
        max(category_source) filter (where is_latest) as category_source,
        arg_max(taxon_group, holds_from) as taxon_group,
        arg_max(family, holds_from) as family,
        arg_max(common_name_en, holds_from) as common_name_en,
        arg_max(common_name_es, holds_from) as common_name_es,
        case
            when not bool_or(is_latest) then 'the list assessed the species only after the period'
            when max(holds_to) filter (where is_latest) < max(period_end)
                then 'the category of the list ended on ' || max(holds_to) filter (where is_latest)
        end as reason
    from dated
    group by scientific_name
)

select * from final
