-- Whether anybody looked for species in the period: a camera worked a night, or a record of any species is of it.
with effort as (
    select coalesce(sum(camera_nights), 0) > 0 as has_nights
    from {{ ref('stg_camera_effort') }}
),

records as (
    select coalesce(bool_or(in_period), false) as has_records
    from {{ ref('int_species_records') }}
),

landed as (
    select coalesce(bool_or(dataset in ('camera_observations', 'occurrences')), false) as is_landed
    from {{ ref('stg_batches') }}
    where rows_accepted > 0
),

final as (
    select
        effort.has_nights or records.has_records as is_known,
        case
            when effort.has_nights or records.has_records then null
            when not landed.is_landed then 'neither cameras nor records of species were landed'
            else 'no camera worked in the period, and no record of a species is of it'
        end as reason
    from effort
    cross join records
    cross join landed
)

select * from final
