with source as (
    select * from {{ source('landed', 'monitored_parameters') }}
),

final as (
    select
        project_id,
        rule_set,
        methodology_version,
        data_parameter,
        stage,
        data_unit,
        description,
        description_es,
        equations,
        source_of_data,
        measurement_procedures,
        frequency,
        monitoring_equipment,
        qa_qc_procedures,
        purpose_of_data,
        calculation_method,
        justification_of_choice,
        comments,
        value_key,
        position
    from source
)

select * from final
