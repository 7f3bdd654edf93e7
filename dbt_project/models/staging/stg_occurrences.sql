with source as (
    select * from {{ source('landed', 'occurrences') }}
),

final as (
    select
        occurrence_id,
        basis_of_record,
        scientific_name as name_given,
        observed_on,
        observed_to,
        coordinate_uncertainty_m,
        coordinates_generalised,
        individual_count,
        occurrence_status,
        source_dataset
    from source
)

select * from final
