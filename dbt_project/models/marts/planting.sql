with final as (
    select
        site_id,
        purpose,
        scientific_name,
        community_id,
        first_planted_on,
        last_planted_on,
        seedlings_planted_in_period,
        seedlings_planted,
        last_checked_on,
        checked_count,
        alive_count,
        survival_share,
        surviving_estimate,
        reason
    from {{ ref('int_planting_survival') }}
)

select * from final
