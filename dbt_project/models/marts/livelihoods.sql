with project as (
    select * from {{ ref('stg_project') }}
),

known as (
    select * from {{ ref('int_record_sources') }}
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
    where area_ha is not null
    group by all
),

land as (
    select
        if(grouping(community_id) = 1, '*', community_id) as community_id,
        if(grouping(activity) = 1, '*', activity) as activity,
        sum(area_ha) as area_ha,
        count(distinct holder) as holders
    from holdings
    group by grouping sets ((community_id), (activity), ())
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
        '*' as community_id,
        activity,
        sum(households) as households
    from groups_by_activity
    group by activity
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
        count(income_pen) filter (where ends_in_period) as income_records,
        count(distinct holder) filter (where ends_in_period and income_pen is not null) as income_holders
    from records
    group by grouping sets ((community_id), (activity), ())
),

joined as (
    select
        counts.*,
        known.is_known,
        coalesce(known.reason, known.note) as known_reason,
        project.min_group,
        land.area_ha,
        coalesce(land.holders, 0) as land_holders,
        cast(coalesce(in_groups.households, 0) as bigint) as households_in_groups,
        cast(counts.households + coalesce(in_groups.households, 0) as bigint) as size,
        -- Rows by community, and rows by activity, each make up the whole.
        case when counts.community_id <> '*' then 'community' when counts.activity <> '*' then 'activity' else 'all' end
            as axis,
        counts.community_id || ' ' || counts.activity as row_key
    from counts
    cross join known
    cross join project
    left join land on counts.community_id = land.community_id and counts.activity = land.activity
    left join in_groups on counts.community_id = in_groups.community_id and counts.activity = in_groups.activity
),

judged as (
    select
        *,
        axis = 'community' and {{ kept_back('size < min_group', 'size', 'min_group', 'axis', 'row_key') }} as kept,
        {{ kept_back(
            '(land_holders > 0 and land_holders < min_group)', 'land_holders', 'min_group', 'axis', 'row_key'
        ) }} as kept_land,
        {{ kept_back(
            '(income_holders > 0 and income_holders < min_group)', 'income_holders', 'min_group', 'axis', 'row_key'
        ) }} as kept_income
    from joined
),

told as (
    select
        *,
        is_known and not kept as is_told,
        is_known and not kept and not kept_land as land_is_told,
        is_known and not kept and not kept_income as income_is_told,
        is_known and (kept or kept_land or kept_income) as is_kept
    from judged
),

final as (
    select
        told.community_id,
        register.community_name,
        told.activity,
        case when told.is_told then told.households end as households,
        case when told.is_told then told.households_in_groups end as households_in_groups,
        case when told.is_told then told.record_count end as record_count,
        case when told.land_is_told then cast(told.area_ha as decimal(18, 6)) end as area_ha,
        case when told.income_is_told then cast(told.income_pen as decimal(18, 2)) end as income_pen,
        case when told.income_is_told then told.income_records end as income_records,
        coalesce(
            told.known_reason,
            {{ join_reasons([
                "case when told.is_kept then 'groups of fewer than ' || told.min_group || ' are not told' end",
                "case when told.area_ha is null then 'no record gives its land' end",
                "case when told.income_records = 0 then 'no record gives an income' end",
            ]) }}
        ) as reason
    from told
    left join {{ ref('int_community_names') }} as register on told.community_id = register.community_id
)

select * from final
