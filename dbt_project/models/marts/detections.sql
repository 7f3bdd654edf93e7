-- Every species that a camera saw in the period, in every zone and in all of them (*): null where no camera worked.
-- Of a zone with one or two places of cameras nothing is told either: what they saw would tell where they hang.
with zones as (
    select
        zone_id,
        kind,
        zone_name
    from {{ ref('stg_zones') }}
    union all
    select
        '*' as zone_id,
        cast(null as varchar) as kind,
        cast(null as varchar) as zone_name
),

places as (
    select
        record_id as deployment_id,
        zone_id
    from {{ ref('stg_record_zones') }}
    where dataset = 'camera_deployments'
    union all
    select
        deployment_id,
        '*' as zone_id
    from {{ ref('stg_camera_effort') }}
),

effort as (
    select
        places.zone_id,
        count(distinct effort.location_code) filter (where effort.camera_nights > 0) as location_count,
        cast(sum(effort.camera_nights) as decimal(28, 9)) as camera_nights
    from {{ ref('stg_camera_effort') }} as effort
    inner join places on effort.deployment_id = places.deployment_id
    group by places.zone_id
),

events as (
    select
        places.zone_id,
        events.scientific_name,
        count(*) as event_count,
        {{ sum_or_null('events.individual_count') }} as individual_count,
        count(distinct events.location_code) as detected_location_count
    from {{ ref('stg_camera_events') }} as events
    inner join places on events.deployment_id = places.deployment_id
    group by places.zone_id, events.scientific_name
),

seen as (
    select
        scientific_name,
        max(independence_minutes) as independence_minutes
    from {{ ref('stg_camera_events') }}
    group by scientific_name
),

categories as (
    select * from {{ ref('int_species_categories') }}
),

joined as (
    select
        seen.scientific_name,
        zones.*,
        seen.independence_minutes,
        coalesce(effort.camera_nights, 0) > 0 and (zones.zone_id = '*' or effort.location_count >= 3) as is_measured,
        effort.camera_nights,
        effort.location_count,
        coalesce(events.event_count, 0) as event_count,
        case when events.event_count is null then 0 else events.individual_count end as individual_count,
        coalesce(events.detected_location_count, 0) as detected_location_count,
        cast(coalesce(events.event_count, 0) * 100 as bigint) as events_by_hundred
    from seen
    cross join zones
    left join effort on zones.zone_id = effort.zone_id
    left join events on zones.zone_id = events.zone_id and seen.scientific_name = events.scientific_name
),

final as (
    select
        joined.scientific_name,
        joined.zone_id,
        joined.kind,
        joined.zone_name,
        categories.common_name_en,
        categories.common_name_es,
        -- A genus has no category, nor is it one that nobody evaluated.
        case when contains(joined.scientific_name, ' ') then coalesce(categories.category, 'NE') end as category,
        joined.independence_minutes,
        cast(case when joined.is_measured then joined.event_count end as bigint) as event_count,
        cast(case when joined.is_measured then joined.individual_count end as bigint) as individual_count,
        cast(case when joined.is_measured then joined.detected_location_count end as bigint) as detected_location_count,
        cast(case when joined.is_measured then joined.location_count end as bigint) as location_count,
        cast(case when joined.is_measured then joined.camera_nights end as decimal(28, 9)) as camera_nights,
        case
            when joined.is_measured
                then {{ divide('joined.events_by_hundred', 'joined.camera_nights', 0, 9, scale=6, width=18) }}
        end as events_per_100_nights,
        -- One reason for none, one and two, since telling them apart would tell of the one.
        case
            when not joined.is_measured and joined.zone_id = '*' then 'no camera worked a night in the period'
            when not joined.is_measured then 'fewer than 3 locations of cameras: nothing is told of this zone'
        end as reason
    from joined
    left join categories on joined.scientific_name = categories.scientific_name
)

select * from final
