with project as (
    select * from {{ ref('stg_project') }}
),

-- The last step of consent until the period's end; of several on one day the one that comes last in the process.
consent as (
    select steps.*
    from {{ ref('stg_consent_steps') }} as steps
    inner join project on steps.held_on <= project.period_end
    qualify row_number() over (
        partition by steps.community_id
        order by steps.held_on desc, {{ consent_rank('steps.step') }} desc, steps.consent_step_id desc
    ) = 1
),

final as (
    select
        communities.community_id,
        communities.community_name,
        communities.community_kind,
        communities.indigenous_people,
        communities.zone_id,
        zones.area_ha as zone_area_ha,
        communities.household_count,
        communities.population,
        communities.partner,
        communities.valid_from,
        communities.valid_to,
        coalesce(communities.valid_to >= project.period_end, true)
        and communities.valid_from <= project.period_end as in_force_at_end,
        consent.step as last_consent_step,
        consent.outcome as last_consent_outcome,
        consent.held_on as last_consent_on,
        communities.source
    from {{ ref('stg_communities') }} as communities
    inner join project
        on
            communities.valid_from <= project.period_end
            and coalesce(communities.valid_to >= project.period_start, true)
    left join {{ ref('stg_zones') }} as zones on communities.zone_id = zones.zone_id
    left join consent on communities.community_id = consent.community_id
)

select * from final
