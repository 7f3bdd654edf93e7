with accounts as (
    select * from {{ ref('stg_accounts') }}
),

rules as (
    select * from {{ ref('int_account_rules') }}
    where buffer_base = 'stock_change'
),

scores as (
    select * from {{ ref('stg_risk_scores') }}
),

-- A rating is made at verification, after the period's end: the latest one given counts, whatever its day.
latest as (
    select
        accounts.project_id,
        accounts.rule_set,
        max(scores.assessed_on) as assessed_on
    from accounts
    inner join scores on accounts.project_id = scores.project_id
    group by accounts.project_id, accounts.rule_set
),

categories (category) as (
    values ('internal'), ('external'), ('natural')
),

assessed as (
    select
        latest.project_id,
        latest.rule_set,
        rules.vintage_year,
        latest.assessed_on,
        categories.category,
        case categories.category
            when 'internal' then rules.risk_limit_internal
            when 'external' then rules.risk_limit_external
            when 'natural' then rules.risk_limit_natural
        end as limit_score
    from latest
    inner join rules on latest.project_id = rules.project_id and latest.rule_set = rules.rule_set
    cross join categories
),

-- The significance of a natural risk: what one event takes and how often it comes.
significance as (
    select
        project_id,
        rule_set,
        vintage_year,
        name,
        value,
        choice
    from {{ ref('stg_account_parameters') }}
    where name like 'natural_risk_%'
),

items as (
    select
        assessed.project_id,
        assessed.rule_set,
        assessed.vintage_year,
        assessed.category,
        scores.item,
        scores.score,
        scores.loss_class,
        scores.mitigation,
        significance.value as significance_score,
        coalesce(significance.choice = 'fail', false) as is_failing,
        case
            when scores.score is not null and scores.loss_class is not null
                then scores.item || ' is given a score and a class of loss: one of them counts, not both'
            when scores.score is not null then null
            when scores.loss_class is null then 'score of ' || scores.item || ' is not given'
            when scores.return_class is null then 'return period of ' || scores.item || ' is not given'
            when significance.name is null
                then
                    'parameter natural_risk_' || scores.loss_class || '_' || scores.return_class || ' is not set'
            when significance.choice = 'fail' then null
            when scores.mitigation is null then 'mitigation of ' || scores.item || ' is not given'
        end as lack
    from assessed
    inner join scores
        on
            assessed.project_id = scores.project_id
            and assessed.assessed_on = scores.assessed_on
            and assessed.category = scores.category
    left join significance
        on
            assessed.project_id = significance.project_id
            and assessed.rule_set = significance.rule_set
            and assessed.vintage_year = significance.vintage_year
            and 'natural_risk_' || scores.loss_class || '_' || scores.return_class = significance.name
),

scored as (
    select
        project_id,
        rule_set,
        vintage_year,
        category,
        is_failing,
        lack,
        case
            when lack is not null or is_failing then null
            when loss_class is null then cast(score as decimal(28, 9))
            else {{ share_of('significance_score', 'mitigation') }}
        end as item_score,
        case when is_failing then item || ' fails by its loss and return period alone' end as failure
    from items
),

totals as (
    select
        project_id,
        rule_set,
        vintage_year,
        category,
        count(*) as item_count,
        bool_or(is_failing) as is_failing,
        {{ sum_or_null('item_score') }} as item_sum,
        {{ reasons('lack') }} as lack,
        {{ reasons('failure') }} as failure
    from scored
    group by project_id, rule_set, vintage_year, category
),

-- What lowers a risk lowers its category to zero at most.
rated as (
    select
        assessed.project_id,
        assessed.rule_set,
        assessed.vintage_year,
        assessed.assessed_on,
        assessed.category,
        assessed.limit_score,
        totals.lack,
        totals.failure,
        coalesce(totals.item_count, 0) as item_count,
        coalesce(totals.is_failing, false) as is_failing,
        cast(case when totals.item_sum is not null then greatest(totals.item_sum, 0) end as decimal(18, 9)) as score
    from assessed
    left join totals
        on
            assessed.project_id = totals.project_id
            and assessed.rule_set = totals.rule_set
            and assessed.vintage_year = totals.vintage_year
            and assessed.category = totals.category
),

explained as (
    select
        *,
        case
            when item_count = 0 then 'the assessment of ' || assessed_on || ' has no item of category ' || category
        end as empty_reason,
        case when limit_score is null then 'parameter risk_limit_' || category || ' is not set' end as limit_reason,
        case
            when score > limit_score
                then
                    'risk rating fails: ' || category || ' ' || {{ plain_number('score') }} || ' is above '
                    || {{ plain_number('limit_score') }}
        end as above_reason
    from rated
),

final as (
    select
        project_id,
        rule_set,
        vintage_year,
        category,
        assessed_on,
        item_count,
        score,
        limit_score,
        case when is_failing then false else score <= limit_score end as passes,
        {{ join_reasons(['empty_reason', 'lack', 'failure', 'limit_reason', 'above_reason']) }} as reason
    from explained
)

select * from final
