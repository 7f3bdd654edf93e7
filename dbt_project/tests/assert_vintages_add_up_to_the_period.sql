-- The table of the registry holds every vintage of the ledger as it stands there; its credits of reductions and
-- removals make up its credits, and the whole period differs from their sum by less than one credit a vintage.
with table_rows as (
    select * from {{ ref('vintages') }}
    where source = 'computed'
),

ledger as (
    select * from {{ ref('emission_reductions') }}
),

differing as (
    select
        ledger.project_id,
        ledger.rule_set,
        ledger.vintage_year
    from ledger
    left join table_rows
        on
            ledger.project_id = table_rows.project_id
            and ledger.rule_set = table_rows.rule_set
            and ledger.vintage_start = table_rows.vintage_start
    where
        table_rows.vintage_year is null
        or (ledger.credits is null) <> (table_rows.credits is null)
        or ledger.credits <> table_rows.credits
        or table_rows.reduction_credits + table_rows.removal_credits <> table_rows.credits
        or table_rows.removal_credits < 0
        or table_rows.buffer_credits < ledger.buffer_tco2e
        or table_rows.buffer_credits >= ledger.buffer_tco2e + 1
),

periods as (
    select
        project_id,
        rule_set,
        max(vintage_year) as vintage_year
    from ledger
    group by project_id, rule_set
    having abs(sum(creditable_tco2e) - sum(credits)) >= count(*)
)

select * from differing
union all
select * from periods
