with source as (
    select * from {{ source('landed', 'account_activity') }}
),

final as (
    select
        project_id,
        scenario,
        baseline_version,
        scope,
        zone_id,
        stratum_id,
        activity,
        from_state,
        to_state,
        first_year,
        last_year,
        area_ha,
        se_ha,
        distribution,
        shape_a,
        shape_b,
        shape_c,
        error_group,
        source
    from source
)

select * from final
