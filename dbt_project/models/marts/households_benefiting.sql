with project as (
    select * from {{ ref('stg_project') }}
),

sources as (
    select * from {{ ref('int_record_sources') }}
),

-- Groups without codes: of each community the largest, since several records may tell of the same (see livelihoods).
grouped as (
    select
        community_id,
        max(household_count) as households
    from {{ ref('int_livelihoods') }}
    where household_key is null
    group by community_id
),

in_groups as (
    select coalesce(sum(households), 0) as households
    from grouped
),

-- By what a household can benefit, and the records that tell of it.
bases (basis, dataset) as (
    values
    ('livelihoods', 'livelihood_records'),
    ('benefit_sharing', 'activity_records'),
    ('planting', 'planting_records')
),

told as (
    select
        'livelihoods' as basis,
        household_key
    from {{ ref('int_livelihoods') }}
    union all
    select
        'benefit_sharing' as basis,
        household_key
    from {{ ref('int_activity_people') }}
    where activity_type = 'benefit_sharing' or benefit_quantity is not null
    union all
    select
        'planting' as basis,
        plantings.household_key
    from {{ ref('stg_planting_records') }} as plantings
    inner join project on plantings.planted_on between project.period_start and project.period_end
),

registered as (
    select {{ sum_or_null('communities.household_count') }} as households
    from {{ ref('communities') }} as communities
    where communities.in_force_at_end
),

by_basis as (
    select
        bases.basis,
        bool_and(sources.is_known) as is_known,
        max(coalesce(sources.reason, sources.note)) as reason,
        count(distinct told.household_key) as households,
        count(told.basis) - count(told.household_key) as records_without_household
    from bases
    inner join sources on bases.dataset = sources.dataset
    left join told on bases.basis = told.basis
    group by bases.basis
),

altogether as (
    select
        '*' as basis,
        bool_and(sources.is_known) as is_known,
        {{ reasons('sources.reason', 'sources.reason is not null') }} as reason,
        (select count(distinct told.household_key) from told) as households,
        (select count(*) - count(told.household_key) from told) as records_without_household
    from bases
    inner join sources on bases.dataset = sources.dataset
),

everything as (
    select * from by_basis
    union all
    select * from altogether
),

scaled as (
    select
        everything.basis,
        case when everything.is_known then everything.households end as households,
        case when everything.is_known then everything.records_without_household end as records_without_household,
        case
            when everything.is_known
                then cast(if(everything.basis in ('livelihoods', '*'), in_groups.households, 0) as bigint)
        end as households_in_groups,
        registered.households as registered_households,
        case when everything.is_known then 100 * everything.households end as by_hundred,
        everything.reason
    from everything
    cross join registered
    cross join in_groups
),

final as (
    select
        basis,
        households,
        households_in_groups,
        records_without_household,
        cast(registered_households as bigint) as registered_households,
        {{ divide('by_hundred', 'registered_households', 0, scale=6, width=18) }} as share_percent,
        {{ join_reasons([
            "reason",
            "case when registered_households is null then 'the register does not give the households' end",
            "case when households_in_groups > 0 then households_in_groups || ' households in groups without codes are not among them' end",
            "case when records_without_household > households_in_groups then 'records without a code of a household are not counted' end",
        ]) }} as reason
    from scaled
)

select * from final
