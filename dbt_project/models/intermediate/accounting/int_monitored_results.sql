-- What the ledger made of the measurements, and parameters in force, by the keys under which the catalogue of monitored
-- parameters asks for it.
with wanted as (
    select distinct
        project_id,
        rule_set,
        value_key
    from {{ ref('stg_monitored_parameters') }}
    where value_key is not null
),

leakage as (
    select
        leakage.project_id,
        leakage.rule_set,
        names.value_key,
        leakage.vintage_year,
        case names.value_key
            when 'leakage.belt' then leakage.belt_leakage_tco2e
            when 'leakage.market' then leakage.market_leakage_tco2e
            when 'leakage.outside_belt' then leakage.outside_belt_tco2e
            when 'leakage.prevention' then leakage.prevention_tco2e
        end as value,
        'leakage' as evidence_mart,
        leakage.reason
    from {{ ref('leakage') }} as leakage
    cross join (
        values
        ('leakage.belt'),
        ('leakage.market'),
        ('leakage.outside_belt'),
        ('leakage.prevention')
    ) as names (value_key)
),

uncertainty as (
    select
        project_id,
        rule_set,
        'uncertainty.u90' as value_key,
        vintage_year,
        cast(uncertainty_u90 as decimal(28, 9)) as value,
        'uncertainty' as evidence_mart,
        'uncertainty' as figure,
        reason
    from {{ ref('uncertainty') }}
),

buffer as (
    select
        project_id,
        rule_set,
        'buffer.rate' as value_key,
        vintage_year,
        cast(buffer_rate as decimal(28, 9)) as value,
        'buffer' as evidence_mart,
        reason
    from {{ ref('buffer') }}
),

reductions as (
    select
        ledger.project_id,
        ledger.rule_set,
        'er.' || names.figure as value_key,
        ledger.vintage_year,
        case names.figure
            when 'baseline' then ledger.baseline_tco2e
            when 'project' then ledger.project_tco2e
        end as value,
        'emission_reductions' as evidence_mart,
        names.figure,
        ledger.reason
    from {{ ref('emission_reductions') }} as ledger
    cross join (
        values
        ('baseline'),
        ('project')
    ) as names (figure)
),

parameters as (
    select
        in_force.project_id,
        in_force.rule_set,
        'parameter.' || in_force.name as value_key,
        in_force.vintage_year,
        cast(in_force.value as decimal(28, 9)) as value,
        'parameters_used' as evidence_mart,
        'parameter_id=' || in_force.parameter_id as evidence_key
    from {{ ref('stg_account_parameters') }} as in_force
    inner join wanted
        on
            in_force.project_id = wanted.project_id
            and in_force.rule_set = wanted.rule_set
            and 'parameter.' || in_force.name = wanted.value_key
    where in_force.value is not null
),

united as (
    select * from leakage
    union all by name
    select * from uncertainty
    union all by name
    select * from buffer
    union all by name
    select * from reductions
    union all by name
    select * from parameters
),

accounts as (
    select * from {{ ref('stg_accounts') }}
),

final as (
    select
        united.project_id,
        united.rule_set,
        united.value_key,
        united.vintage_year,
        '*' as zone_id,
        '*' as stratum_id,
        '*' as item,
        cast(united.value as decimal(28, 9)) as value,
        united.evidence_mart,
        'project_id=' || united.project_id || ';rule_set=' || united.rule_set || ';'
        || coalesce(united.evidence_key, 'vintage_year=' || united.vintage_year) as evidence_key,
        'er.' || case when accounts.is_primary then '' else united.rule_set || '.' end || united.figure || '.'
        || united.vintage_year as figure_id,
        case when united.value is null then coalesce(united.reason, 'not known') end as reason
    from united
    inner join accounts on united.project_id = accounts.project_id and united.rule_set = accounts.rule_set
)

select * from final
