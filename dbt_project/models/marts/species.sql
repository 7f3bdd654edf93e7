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
        coalesce(recorded.period_record_count, 0) as period_record_count,
        case when told.is_told then coalesce(recorded.period_project_record_count, 0) end
            as period_project_record_count,
        coalesce(recorded.camera_event_count, 0) as camera_event_count,
        coalesce(recorded.occurrence_count, 0) as occurrence_count,
        coalesce(recorded.undated_count, 0) as undated_count,
        recorded.first_recorded_on,
        recorded.last_recorded_on,
        case
            when categories.scientific_name is null
                then 'not on the list that decides: NE means not assessed there, not of least concern'
            else categories.reason
        end as reason
    from recorded
    full outer join categories on recorded.scientific_name = categories.scientific_name
    cross join {{ ref('int_project_area_told') }} as told
)

select * from final
