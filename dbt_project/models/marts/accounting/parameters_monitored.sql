with catalogue as (
    select * from {{ ref('stg_monitored_parameters') }}
),

accounts as (
    select * from {{ ref('stg_accounts') }}
),

monitored as (
    select * from {{ ref('int_monitored_measurements') }}
    union all by name
    select * from {{ ref('int_monitored_results') }}
),

-- A parameter without a value keeps its row: that nobody gave it is part of the table.
final as (
    select
        catalogue.project_id,
        catalogue.rule_set,
        catalogue.rule_set || '.' || catalogue.data_parameter as param_id,
        catalogue.methodology_version,
        accounts.period_id,
        catalogue.position,
        catalogue.stage,
        catalogue.data_parameter,
        catalogue.data_unit,
        catalogue.description,
        catalogue.description_es,
        catalogue.equations,
        catalogue.source_of_data,
        catalogue.measurement_procedures as description_of_measurement_methods_and_procedures,
        catalogue.frequency as frequency_of_monitoring_recording,
        monitored.vintage_year,
        coalesce(monitored.zone_id, '*') as zone_id,
        coalesce(monitored.stratum_id, '*') as stratum_id,
        coalesce(monitored.item, '*') as item,
        monitored.value as value_monitored,
        catalogue.monitoring_equipment,
        catalogue.qa_qc_procedures,
        catalogue.purpose_of_data,
        catalogue.calculation_method,
        catalogue.justification_of_choice as justification_of_choice_of_data_or_description,
        catalogue.comments,
        monitored.evidence_mart,
        monitored.evidence_key,
        monitored.figure_id,
        cast(null as varchar) as reviewed_by,
        case
            when monitored.value is not null then null
            when catalogue.value_key is null then 'not computed by the platform: the project gives it'
            when monitored.value_key is null and catalogue.value_key like 'parameter.%'
                then 'parameter ' || replace(catalogue.value_key, 'parameter.', '') || ' is not set'
            when monitored.value_key is null then 'no value in this period'
            else monitored.reason
        end as reason
    from catalogue
    inner join accounts on catalogue.project_id = accounts.project_id and catalogue.rule_set = accounts.rule_set
    left join monitored
        on
            catalogue.project_id = monitored.project_id
            and catalogue.rule_set = monitored.rule_set
            and catalogue.value_key = monitored.value_key
)

select * from final
