-- Methane and nitrous oxide of burnt forest; its carbon dioxide is counted where the forest is lost.
with segments as (
    select * from {{ ref('int_account_segments') }}
),

rules as (
    select * from {{ ref('int_account_rules') }}
),

burnt as (
    select
        *,
        coalesce(baseline_version, '*') as version
    from {{ ref('stg_account_burnt_areas') }}
),

stocks as (
    select
        project_id,
        rule_set,
        stratum_id,
        stock_tc_ha,
        reason
    from {{ ref('int_account_stocks') }}
    where state = 'forest' and pool = 'above_ground'
),

annual as (
    select
        segments.project_id,
        segments.rule_set,
        segments.scenario,
        segments.baseline_version,
        burnt.scope,
        burnt.zone_id,
        burnt.stratum_id,
        segments.vintage_year as year,
        segments.days,
        segments.days_in_year,
        segments.reason,
        if(segments.is_average, segments.reference_last_year - segments.reference_first_year + 1, 1) as divisor,
        count(distinct burnt.year) as years_given,
        cast(sum(burnt.area_ha) as decimal(38, 6)) as area_parts
    from segments
    inner join burnt
        on
            segments.project_id = burnt.project_id
            and segments.scenario = burnt.scenario
            and segments.baseline_version = burnt.version
            and (
                (not segments.is_average and segments.vintage_year = burnt.year)
                or (
                    segments.is_average
                    and burnt.year between segments.reference_first_year and segments.reference_last_year
                )
            )
    group by all
),

carbon as (
    select
        annual.*,
        rules.fire_rule,
        rules.carbon_fraction,
        rules.carbon_molar_mass,
        rules.fire_ch4_emission_ratio,
        rules.fire_n2o_emission_ratio,
        rules.fire_n_c_ratio,
        rules.ch4_molar_mass,
        rules.n2o_molar_mass,
        rules.n2_molar_mass,
        rules.fire_ch4_g_kg,
        rules.fire_n2o_g_kg,
        rules.gwp_ch4,
        rules.gwp_n2o,
        stocks.reason as stock_reason,
        stocks.stock_tc_ha,
        cast(stocks.stock_tc_ha as decimal(38, 9))
        * cast(rules.fire_burnt_share as decimal(38, 9))
        * cast(rules.fire_combustion_efficiency as decimal(38, 9)) as burnt_tc_ha,
        cast(stocks.stock_tc_ha as decimal(38, 9)) * cast(rules.fire_combustion_factor as decimal(38, 9))
            as combusted_tc_ha
    from annual
    inner join rules
        on
            annual.project_id = rules.project_id
            and annual.rule_set = rules.rule_set
            and annual.year = rules.vintage_year
    left join stocks
        on
            annual.project_id = stocks.project_id
            and annual.rule_set = stocks.rule_set
            and annual.stratum_id = stocks.stratum_id
    where rules.fire_rule is distinct from 'none'
),

-- Carbon by gas: VM0015 by the ratio of the gas to the carbon burnt, the guidelines (equation 2.27) by the gas of a
-- kilogram of dry matter. Intermediate values keep 15 places, so that the nine published ones are right.
gases as (
    select
        *,
        'fire_ch4' as pool,
        gwp_ch4 as gwp,
        ch4_molar_mass as molar_mass,
        carbon_molar_mass as element_mass,
        fire_ch4_g_kg as g_kg,
        cast(burnt_tc_ha as decimal(38, 15)) * cast(fire_ch4_emission_ratio as decimal(38, 9)) as element_by_ratio
    from carbon
    union all by name
    select
        *,
        'fire_n2o' as pool,
        gwp_n2o as gwp,
        n2o_molar_mass as molar_mass,
        n2_molar_mass as element_mass,
        fire_n2o_g_kg as g_kg,
        cast(
            cast(burnt_tc_ha as decimal(38, 15)) * cast(fire_n_c_ratio as decimal(38, 9)) as decimal(38, 15)
        ) * cast(fire_n2o_emission_ratio as decimal(38, 9)) as element_by_ratio
    from carbon
),

masses as (
    select
        *,
        cast(element_by_ratio as decimal(38, 15)) * cast(molar_mass as decimal(38, 9)) as gas_by_element,
        cast(combusted_tc_ha as decimal(38, 15)) * cast(g_kg as decimal(38, 9)) as combusted_by_g_kg,
        cast(carbon_fraction * 1000 as decimal(38, 9)) as fraction_by_thousand
    from gases
),

gas as (
    select
        *,
        case fire_rule
            when 'carbon_ratio' then {{ divide('gas_by_element', 'element_mass', 24, 9, scale=15, width=38) }}
            when 'ipcc_2_27' then {{ divide('combusted_by_g_kg', 'fraction_by_thousand', 24, 9, scale=15, width=38) }}
        end as gas_t_ha
    from masses
),

factors as (
    select
        *,
        cast(cast(gas_t_ha as decimal(38, 15)) * cast(gwp as decimal(38, 9)) as decimal(38, 15)) as factor_tco2e_ha
    from gas
),

products as (
    select
        *,
        area_parts * cast(factor_tco2e_ha as decimal(38, 15)) as emission_parts
    from factors
),

emissions as (
    select
        *,
        {{ divide('area_parts', 'divisor', 6, scale=6, width=18) }} as area_ha,
        case
            when area_parts = 0 then 0
            else {{ divide('emission_parts', 'divisor', 21) }}
        end as emissions_tco2e,
        coalesce(
            reason,
            case
                when years_given < divisor
                    then
                        'baseline ' || baseline_version || ' gives ' || years_given || ' of ' || divisor
                        || ' reference years of burnt area in zone ' || zone_id
                when area_parts = 0 then null
                when fire_rule is null then 'parameter fire_rule is not set'
                when fire_rule not in ('carbon_ratio', 'ipcc_2_27')
                    then 'unknown choice of parameter fire_rule: ' || fire_rule
                when stock_tc_ha is null
                    then coalesce(stock_reason, 'no above-ground stock of forest in stratum ' || stratum_id)
                when factor_tco2e_ha is null then 'a parameter of fire_rule ' || fire_rule || ' is not set'
            end
        ) as lack
    from products
),

final as (
    select
        project_id,
        rule_set,
        scenario,
        baseline_version,
        scope,
        zone_id,
        stratum_id,
        pool,
        year,
        area_ha,
        cast(factor_tco2e_ha as decimal(18, 9)) as emission_factor_tco2e_ha,
        if(lack is null, cast(emissions_tco2e as decimal(28, 9)), null) as emissions_tco2e,
        days,
        days_in_year,
        lack as reason
    from emissions
)

select * from final
