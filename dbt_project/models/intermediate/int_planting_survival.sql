-- What was planted of a species at a site until the period's end, and the last count of it that is not older than the
-- last planting: an earlier count tells nothing of the seedlings that came after.
with project as (
    select * from {{ ref('stg_project') }}
),

plantings as (
    select
        plantings.site_id,
        plantings.purpose,
        plantings.scientific_name,
        min(plantings.community_id) as community_id,
        min(plantings.planted_on) as first_planted_on,
        max(plantings.planted_on) as last_planted_on,
        cast(sum(plantings.seedling_count) as bigint) as seedlings_planted,
        cast(
            coalesce(
                sum(plantings.seedling_count) filter (where plantings.planted_on >= project.period_start), 0
            ) as bigint
        ) as seedlings_planted_in_period
    from {{ ref('stg_planting_records') }} as plantings
    inner join project on plantings.planted_on <= project.period_end
    group by all
),

replanted as (
    select
        site_id,
        scientific_name,
        max(last_planted_on) as last_planted_on
    from plantings
    group by site_id, scientific_name
),

counts as (
    select
        checks.site_id,
        checks.scientific_name,
        checks.checked_on,
        cast(sum(checks.checked_count) as bigint) as checked_count,
        cast(sum(checks.alive_count) as bigint) as alive_count
    from {{ ref('stg_survival_checks') }} as checks
    inner join project on checks.checked_on <= project.period_end
    group by checks.site_id, checks.scientific_name, checks.checked_on
    qualify row_number() over (
        partition by checks.site_id, checks.scientific_name
        order by checks.checked_on desc
    ) = 1
),

joined as (
    select
        plantings.*,
        counts.checked_on as last_checked_on,
        counts.checked_on >= replanted.last_planted_on as counts_all,
        case when counts.checked_on >= replanted.last_planted_on then counts.checked_count end as checked_count,
        case when counts.checked_on >= replanted.last_planted_on then counts.alive_count end as alive_count
    from plantings
    inner join replanted
        on plantings.site_id = replanted.site_id and plantings.scientific_name = replanted.scientific_name
    left join counts
        on plantings.site_id = counts.site_id and plantings.scientific_name = counts.scientific_name
),

scaled as (
    select
        *,
        seedlings_planted * alive_count as planted_by_alive
    from joined
),

final as (
    select
        site_id,
        purpose,
        scientific_name,
        community_id,
        first_planted_on,
        last_planted_on,
        seedlings_planted,
        seedlings_planted_in_period,
        last_checked_on,
        checked_count,
        alive_count,
        {{ divide('alive_count', 'checked_count', 0, width=18) }} as survival_share,
        {{ divide('planted_by_alive', 'checked_count', 0, scale=3, width=18) }} as surviving_estimate,
        case
            when last_checked_on is null then 'not counted again since it was planted'
            when not counts_all then 'planted again after the last count of ' || last_checked_on
        end as reason
    from scaled
)

select * from final
