with deductions as (
    select * from {{ ref('int_account_deductions') }}
),

chosen as (
    select * from {{ ref('uncertainty') }}
),

final as (
    select
        deductions.project_id,
        deductions.rule_set,
        deductions.vintage_year,
        deductions.rule,
        deductions.basis,
        coalesce(
            deductions.rule = chosen.uncertainty_rule and deductions.basis = chosen.uncertainty_source, false
        ) as in_force,
        deductions.u90 as uncertainty_u90,
        deductions.deduction_fraction,
        cast(
            case
                when chosen.base_tco2e is null then null
                else
                    cast(greatest(chosen.base_tco2e, 0) as decimal(38, 9))
                    * cast(deductions.deduction_fraction as decimal(38, 18))
            end as decimal(28, 9)
        ) as deduction_tco2e,
        deductions.eligible,
        deductions.reason
    from deductions
    inner join chosen
        on
            deductions.project_id = chosen.project_id
            and deductions.rule_set = chosen.rule_set
            and deductions.vintage_year = chosen.vintage_year
)

select * from final
