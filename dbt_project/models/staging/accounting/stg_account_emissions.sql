with source as (
    select * from {{ source('landed', 'account_emissions') }}
),

final as (
    select
        project_id,
        scenario,
        baseline_version,
        scope,
        component,
        first_year,
        last_year,
        emissions_tco2e,
        se_tco2e,
        source
    from source
)

select * from final
