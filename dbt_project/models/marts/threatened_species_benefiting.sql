-- Threatened species recorded in the project area within the period, by their category on the day of the last record.
with recorded as (
    select
        scientific_name,
        arg_max(category, observed_to) as category
    from {{ ref('int_species_records') }}
    where in_period and in_project_area and contains(scientific_name, ' ')
    group by scientific_name
),

metrics as (
    select
        unnest(['CR', 'EN', 'VU', 'CR_EN']) as category,
        unnest([['CR'], ['EN'], ['VU'], ['CR', 'EN']]) as categories
),

landed as (
    select coalesce(bool_or(dataset = 'species_categories'), false) as has_categories
    from {{ ref('stg_batches') }}
    where rows_accepted > 0
),

counted as (
    select
        metrics.category,
        count(recorded.scientific_name) as species_count,
        string_agg(recorded.scientific_name, '; ' order by recorded.scientific_name) as species
    from metrics
    left join recorded on list_contains(metrics.categories, recorded.category)
    group by metrics.category
),

final as (
    select
        counted.category,
        case when sources.is_known and landed.has_categories and told.is_told then counted.species_count end
            as species_count,
        case when sources.is_known and landed.has_categories and told.is_told then counted.species end as species,
        case
            when not sources.is_known then sources.reason
            when not landed.has_categories then 'no list of categories was landed'
            when not told.is_told then 'the project area is smaller than the cell in which records are told'
        end as reason
    from counted
    cross join landed
    cross join {{ ref('int_species_sources') }} as sources
    cross join {{ ref('int_project_area_told') }} as told
)

select * from final
