with stocks as (
    select * from {{ ref('carbon_stocks') }}
),

rules as (
    select * from {{ ref('int_rules_pivoted') }}
),

strata as (
    select
        stratum_id,
        cast({{ sum_or_null('stock_tc_ha', "state = 'forest'") }} as decimal(18, 9)) as forest_tc_ha,
        cast({{ sum_or_null('stock_tc_ha', "state = 'post_deforestation'") }} as decimal(18, 9)) as post_tc_ha,
        -- Pools derived from the above-ground stock err with it: their half-widths add up; so, on the safe
        -- side, do those of pools that were measured. Without plots, or with a single one for a pool, it is unknown.
        case
            when
                bool_or(pool = 'above_ground' and ci90_half_width_tc_ha is not null) filter (where state = 'forest')
                and not bool_or(method = 'plots' and ci90_half_width_tc_ha is null) filter (where state = 'forest')
                then cast(sum(ci90_half_width_tc_ha) filter (where state = 'forest') as decimal(18, 9))
        end as ci90_half_width_tc_ha,
        {{ reasons('reason') }} as stock_reason,
        count(*) filter (where state = 'forest') as forest_pools,
        count(*) filter (where state = 'post_deforestation') as post_pools
    from stocks
    group by stratum_id
),

changes as (
    select
        strata.stratum_id,
        strata.forest_tc_ha,
        strata.post_tc_ha,
        strata.ci90_half_width_tc_ha,
        rules.co2_molar_mass,
        rules.carbon_molar_mass,
        cast(strata.forest_tc_ha - strata.post_tc_ha as decimal(18, 9)) as change_tc_ha,
        cast(strata.forest_tc_ha - strata.post_tc_ha as decimal(38, 9))
        * cast(rules.co2_molar_mass as decimal(38, 9)) as change_by_molar_mass,
        coalesce(
            strata.stock_reason,
            case
                when strata.forest_pools = 0 then 'no forest carbon stock for stratum ' || strata.stratum_id
                when strata.post_pools = 0 then 'no carbon stock after deforestation for stratum ' || strata.stratum_id
            end
        ) as reason
    from strata
    cross join rules
),

final as (
    select
        stratum_id,
        forest_tc_ha,
        post_tc_ha,
        change_tc_ha,
        ci90_half_width_tc_ha,
        co2_molar_mass,
        carbon_molar_mass,
        reason,
        {{ divide('change_by_molar_mass', 'carbon_molar_mass', 18, 9, width=18) }} as emission_factor_tco2e_ha
    from changes
)

select * from final
