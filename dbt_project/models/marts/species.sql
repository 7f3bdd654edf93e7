-- Species with a record up to the end of the period, and species of the list that decides, whether recorded or not.
with records as (
    select * from {{ ref('int_species_records') }}
    -- Names that only go to a genus are no species; the table of detections has them.
    where contains(scientific_name, ' ')
),

categories as (
    select * from {{ ref('int_species_categories') }}
    where contains(scientific_name, ' ')
),

recorded as (
    select
        scientific_name,
        bool_or(match_level = 'species') as name_in_backbone,
        count(*) as record_count,
        count(*) filter (where in_period) as period_record_count,
        count(*) filter (where in_period and in_project_area) as period_project_record_count,
        count(camera_event_id) as camera_event_count,
        count(occurrence_id) as occurrence_count,
        count(*) filter (where observed_on is null) as undated_count,
        min(observed_on) as first_recorded_on,
        max(observed_to) as last_recorded_on,
        arg_max(category, observed_to) as category_at_last_record
    from records
    group by scientific_name
),

-- A species that somebody may look for: of one or two records the zone would narrow their place down.
sensitive as (
    select
        scientific_name,
        bool_or(coalesce(sensitive, false) or category in ('CR', 'EN', 'VU')) as is_sensitive
    from {{ ref('stg_taxon_categories') }}
    group by scientific_name
),

final as (
    select
        coalesce(recorded.scientific_name, categories.scientific_name) as scientific_name,
        categories.common_name_en,
        categories.common_name_es,
        categories.taxon_group,
        categories.family,
        coalesce(recorded.name_in_backbone, true) as name_in_backbone,
        coalesce(categories.category, 'NE') as category,
        coalesce(categories.category, 'NE') in ('CR', 'EN', 'VU') as is_threatened,
        categories.assessed_on,
        categories.category_source,
        recorded.category_at_last_record,
        coalesce(recorded.record_count, 0) as record_count,
        case when sources.is_known then coalesce(recorded.period_record_count, 0) end as period_record_count,
        case
            when
                sources.is_known and told.is_told
                and (
                    not coalesce(sensitive.is_sensitive, false)
                    or coalesce(recorded.period_record_count, 0) = 0
                    or recorded.period_project_record_count >= 3
                )
                then coalesce(recorded.period_project_record_count, 0)
        end as period_project_record_count,
        coalesce(recorded.camera_event_count, 0) as camera_event_count,
        coalesce(recorded.occurrence_count, 0) as occurrence_count,
        coalesce(recorded.undated_count, 0) as undated_count,
        recorded.first_recorded_on,
        recorded.last_recorded_on,
        case
            when categories.scientific_name is null
                then 'not on the list that decides: NE means not assessed there, not of least concern'
            else categories.reason
        end as reason,
        case
            when not sources.is_known then sources.reason
            when not told.is_told then 'the project area is smaller than the cell in which records are told'
            when
                sensitive.is_sensitive
                and recorded.period_record_count > 0
                and recorded.period_project_record_count < 3
                then 'fewer than 3 records of a sensitive species in the project area are not told'
        end as count_reason
    from recorded
    full outer join categories on recorded.scientific_name = categories.scientific_name
    cross join {{ ref('int_species_sources') }} as sources
    cross join {{ ref('int_project_area_told') }} as told
    left join sensitive
        on coalesce(recorded.scientific_name, categories.scientific_name) = sensitive.scientific_name
)

select * from final
