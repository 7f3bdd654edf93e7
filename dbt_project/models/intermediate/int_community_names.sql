-- The name of each community by its latest entry in the register until the period's end.
with project as (
    select * from {{ ref('stg_project') }}
),

final as (
    select
        communities.community_id,
        communities.community_name
    from {{ ref('stg_communities') }} as communities
    inner join project on communities.valid_from <= project.period_end
    qualify row_number() over (
        partition by communities.community_id
        order by communities.valid_from desc
    ) = 1
)

select * from final
