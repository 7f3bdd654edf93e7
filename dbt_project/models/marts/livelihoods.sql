with known as (
    select * from {{ ref('int_people_sources') }}
    where dataset = 'livelihood_records'
),

records as (
    select * from {{ ref('int_livelihoods') }}
),

-- Land of a holder that several records tell of, year after year, counts once.
holdings as (
    select
        community_id,
        activity,
        holder,
        product,
        max(area_ha) as area_ha
    from records
    group by all
),

land as (
    select
        if(grouping(community_id) = 1, '*', community_id) as community_id,
        if(grouping(activity) = 1, '*', activity) as activity,
        sum(area_ha) as area_ha
    from holdings
    group by grouping sets ((community_id, activity), (community_id), (activity), ())
),

-- Groups without keys: the largest of a community stands for all that are told of it, since they may be the same.
groups_by_activity as (
    select
        community_id,
        activity,
        max(household_count) as households
    from records
    where household_key is null
    group by community_id, activity
),

groups_by_community as (
    select
        community_id,
        max(households) as households
    from groups_by_activity
    group by community_id
),

in_groups as (
    select
        if(grouping(community_id) = 1, '*', community_id) as community_id,
        activity,
        sum(households) as households
    from groups_by_activity
    group by grouping sets ((community_id, activity), (activity))
    union all
    select
        if(grouping(community_id) = 1, '*', community_id) as community_id,
        '*' as activity,
        sum(households) as households
    from groups_by_community
    group by grouping sets ((community_id), ())
),

counts as (
    select
        if(grouping(community_id) = 1, '*', community_id) as community_id,
        if(grouping(activity) = 1, '*', activity) as activity,
        count(*) as record_count,
        count(distinct household_key) as households,
        sum(income_pen) filter (where ends_in_period) as income_pen,
        count(income_pen) filter (where ends_in_period) as income_records
    from records
    group by grouping sets ((community_id, activity), (community_id), (activity), ())
),

joined as (
    select
        counts.*,
        known.is_known,
        coalesce(known.reason, known.note) as reason,
        land.area_ha,
        coalesce(in_groups.households, 0) as households_in_groups
    from counts
    cross join known
    left join land on counts.community_id = land.community_id and counts.activity = land.activity
    left join in_groups on counts.community_id = in_groups.community_id and counts.activity = in_groups.activity
),

final as (
    select
        joined.community_id,
        register.community_name,
        joined.activity,
        case when joined.is_known then joined.households end as households,
        case when joined.is_known then cast(joined.households_in_groups as bigint) end as households_in_groups,
        case when joined.is_known then joined.record_count end as record_count,
        cast(joined.area_ha as decimal(18, 6)) as area_ha,
        cast(joined.income_pen as decimal(18, 2)) as income_pen,
        case when joined.is_known then joined.income_records end as income_records,
        coalesce(
            joined.reason,
            {{ join_reasons([
                "case when joined.area_ha is null then 'no record gives its land' end",
                "case when joined.income_records = 0 then 'no record gives an income' end",
            ]) }}
        ) as reason
    from joined
    left join {{ ref('int_community_names') }} as register on joined.community_id = register.community_id
)

select * from final
