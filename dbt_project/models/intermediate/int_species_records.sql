-- What tells that a species was there, up to the end of the period: events of cameras (those of this period), records
-- of presence of any day. A record that is not dated, or not placed well enough, is one all the same: it counts in no
-- period, or in no zone.
with project as (
    select * from {{ ref('stg_project') }}
),

categories as (
    select * from {{ ref('stg_taxon_categories') }}
),

-- A place that was generalised, or is known to 5 km at best, says nothing of the zone it falls into.
occurrences as (
    select
        matches.name_told as scientific_name,
        matches.match_level,
        'occurrences' as dataset,
        occurrences.occurrence_id as record_id,
        occurrences.occurrence_id,
        cast(null as varchar) as camera_event_id,
        occurrences.observed_on,
        occurrences.observed_to,
        not coalesce(occurrences.coordinates_generalised, false)
        and coalesce(occurrences.coordinate_uncertainty_m, 0) <= 5000 as is_placed
    from {{ ref('stg_occurrences') }} as occurrences
    inner join {{ ref('stg_taxon_matches') }} as matches on occurrences.name_given = matches.name_given
    where
        occurrences.occurrence_status = 'present'
        and occurrences.basis_of_record not in ('FossilSpecimen', 'LivingSpecimen')
),

events as (
    select
        events.scientific_name,
        coalesce(min(matches.match_level), 'none') as match_level,
        'camera_deployments' as dataset,
        events.deployment_id as record_id,
        cast(null as varchar) as occurrence_id,
        events.camera_event_id,
        events.event_date as observed_on,
        events.event_date as observed_to,
        true as is_placed
    from {{ ref('stg_camera_events') }} as events
    left join {{ ref('stg_taxon_matches') }} as matches on events.scientific_name = matches.name_told
    group by all
),

records as (
    select * from occurrences
    union all
    select * from events
),

areas as (
    select distinct
        record_zones.dataset,
        record_zones.record_id
    from {{ ref('stg_record_zones') }} as record_zones
    inner join {{ ref('stg_zones') }} as zones on record_zones.zone_id = zones.zone_id
    where zones.kind = 'project_area'
),

final as (
    select
        records.*,
        records.is_placed and areas.record_id is not null as in_project_area,
        coalesce(
            records.observed_on >= project.period_start and records.observed_to <= project.period_end, false
        ) as in_period,
        coalesce(categories.category, 'NE') as category
    from records
    cross join project
    left join areas on records.dataset = areas.dataset and records.record_id = areas.record_id
    left join categories
        on
            records.scientific_name = categories.scientific_name
            and records.observed_to >= categories.holds_from
            and (categories.superseded_on is null or records.observed_to < categories.superseded_on)
            and (categories.holds_to is null or records.observed_to <= categories.holds_to)
    where records.observed_to is null or records.observed_to <= project.period_end
)

select * from final
