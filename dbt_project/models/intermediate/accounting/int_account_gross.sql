with vintages as (
    select * from {{ ref('int_account_vintages') }}
),

rules as (
    select * from {{ ref('int_account_rules') }}
),

sides as (
    select
        project_id,
        rule_set,
        vintage_year,
        max(emissions_tco2e) filter (where scope = 'project_area' and scenario = 'baseline') as baseline_tco2e,
        max(emissions_tco2e) filter (where scope = 'project_area' and scenario = 'monitored') as project_tco2e,
        max(stock_change_tco2e) filter (where scope = 'project_area' and scenario = 'baseline')
        - max(stock_change_tco2e) filter (where scope = 'project_area' and scenario = 'monitored')
            as stock_change_tco2e,
        max(degradation_tco2e) filter (where scope = 'project_area' and scenario = 'baseline')
        - max(degradation_tco2e) filter (where scope = 'project_area' and scenario = 'monitored')
            as degradation_reduction_tco2e,
        max(enhancement_tco2e) filter (where scope = 'project_area' and scenario = 'baseline')
        - max(enhancement_tco2e) filter (where scope = 'project_area' and scenario = 'monitored') as removals_tco2e,
        max(emissions_tco2e) filter (where scope = 'leakage_belt' and scenario = 'baseline') as belt_baseline_tco2e,
        max(emissions_tco2e) filter (where scope = 'leakage_belt' and scenario = 'monitored')
            as belt_monitored_tco2e,
        {{ reasons('reason', "scope = 'project_area'") }} as reason,
        {{ reasons('reason', "scope = 'leakage_belt'") }} as belt_reason
    from {{ ref('int_account_sides') }}
    group by project_id, rule_set, vintage_year
),

joined as (
    select
        vintages.project_id,
        vintages.rule_set,
        vintages.vintage_year,
        rules.credit_rule,
        sides.baseline_tco2e,
        sides.project_tco2e,
        sides.baseline_tco2e - sides.project_tco2e as gross_reduction_tco2e,
        sides.stock_change_tco2e,
        sides.degradation_reduction_tco2e,
        sides.removals_tco2e,
        sides.belt_baseline_tco2e,
        sides.belt_monitored_tco2e,
        case
            when sides.baseline_tco2e is null or sides.project_tco2e is null
                then coalesce(sides.reason, 'emissions of the project area are not known')
            else sides.reason
        end as reason,
        case
            when sides.belt_baseline_tco2e is null or sides.belt_monitored_tco2e is null
                then coalesce(sides.belt_reason, 'no zone of kind leakage_belt')
        end as belt_reason
    from vintages
    inner join rules
        on
            vintages.project_id = rules.project_id
            and vintages.rule_set = rules.rule_set
            and vintages.vintage_year = rules.vintage_year
    left join sides
        on
            vintages.project_id = sides.project_id
            and vintages.rule_set = sides.rule_set
            and vintages.vintage_year = sides.vintage_year
),

-- ART credits no removals in a year whose emissions exceed the crediting level.
parted as (
    select
        *,
        case
            when coalesce(credit_rule, '') <> 'art_trees' or removals_tco2e <= 0 then 0
            when gross_reduction_tco2e is null or removals_tco2e is null then null
            when gross_reduction_tco2e - removals_tco2e < 0 then removals_tco2e
            else 0
        end as removals_left_out_tco2e
    from joined
),

final as (
    select
        project_id,
        rule_set,
        vintage_year,
        cast(baseline_tco2e as decimal(28, 9)) as baseline_tco2e,
        cast(project_tco2e as decimal(28, 9)) as project_tco2e,
        cast(gross_reduction_tco2e as decimal(28, 9)) as gross_reduction_tco2e,
        cast(stock_change_tco2e as decimal(28, 9)) as stock_change_tco2e,
        cast(degradation_reduction_tco2e as decimal(28, 9)) as degradation_reduction_tco2e,
        cast(removals_tco2e as decimal(28, 9)) as removals_tco2e,
        cast(removals_left_out_tco2e as decimal(28, 9)) as removals_left_out_tco2e,
        cast(gross_reduction_tco2e - removals_left_out_tco2e as decimal(28, 9)) as counted_tco2e,
        cast(belt_baseline_tco2e as decimal(28, 9)) as belt_baseline_tco2e,
        cast(belt_monitored_tco2e as decimal(28, 9)) as belt_monitored_tco2e,
        reason,
        belt_reason
    from parted
)

select * from final
