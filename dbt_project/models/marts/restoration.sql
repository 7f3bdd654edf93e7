with survival as (
    select
        site_id,
        {{ sum_or_null('surviving_estimate') }} as surviving_estimate,
        {{ reasons('reason', 'reason is not null') }} as reason
    from {{ ref('int_planting_survival') }}
    where purpose = 'restoration'
    group by site_id
),

joined as (
    select
        sites.*,
        survival.surviving_estimate,
        survival.reason as survival_reason
    from {{ ref('int_planting_sites') }} as sites
    left join survival on sites.site_id = survival.site_id
    where sites.purpose = 'restoration'
),

final as (
    select
        site_id,
        community_id,
        first_planted_on,
        last_planted_on,
        planted_in_period,
        area_ha,
        species_count,
        seedlings_planted_in_period,
        seedlings_planted,
        cast(surviving_estimate as decimal(18, 3)) as surviving_estimate,
        {{ divide('surviving_estimate', 'seedlings_planted', 3, scale=9, width=18) }} as survival_share,
        {{ join_reasons([
            "case when area_ha is null then 'no record of the site gives its area' end",
            'survival_reason',
        ]) }} as reason
    from joined
)

select * from final
