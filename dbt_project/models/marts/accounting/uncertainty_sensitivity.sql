with influences as (
    select * from {{ ref('int_account_draws') }}
    where input_id is not null and variance > 0
),

drawn as (
    select * from {{ ref('monte_carlo') }}
    where span = 'period' and quantity = 'net'
),

shares as (
    select
        *,
        sum(cast(variance as decimal(38, 6))) over (partition by project_id, rule_set) as whole_variance
    from influences
),

final as (
    select
        shares.project_id,
        shares.rule_set,
        shares.input_id,
        case
            when shares.input_id like 'declared %' then 'emissions'
            when shares.input_id like 'stock %' or shares.input_id like 'ratio %' then 'stock'
            else 'area'
        end as input_kind,
        regexp_replace(shares.input_id, '^(areas? (of the )?|stock |declared )', '') as label,
        shares.quantity,
        cast(
            case
                when drawn.reason is null
                    then round(shares.variance / nullif(cast(shares.whole_variance as double), 0), 6)
            end as decimal(18, 9)
        ) as variance_share,
        cast(case when drawn.reason is null then shares.q05_tco2e end as decimal(28, 3)) as low_tco2e,
        cast(case when drawn.reason is null then shares.q95_tco2e end as decimal(28, 3)) as high_tco2e,
        cast(case when drawn.reason is null then shares.mean_tco2e end as decimal(28, 3)) as mean_tco2e,
        drawn.reason
    from shares
    left join drawn on shares.project_id = drawn.project_id and shares.rule_set = drawn.rule_set
)

select * from final
