-- A year that two spans of one row hold would be counted twice; a span that ends before it begins has no year.
with spans as (
    select
        'account_activity' as dataset,
        project_id,
        concat_ws(
            ' ', scenario, baseline_version, scope, zone_id, stratum_id, activity, from_state, to_state
        ) as row_key,
        first_year,
        last_year
    from {{ ref('stg_account_activity') }}
    union all
    select
        'account_emissions' as dataset,
        project_id,
        concat_ws(' ', scenario, baseline_version, scope, component) as row_key,
        first_year,
        last_year
    from {{ ref('stg_account_emissions') }}
    union all
    select
        'account_area_samples' as dataset,
        project_id,
        concat_ws(' ', scope, zone_id, stratum_id, sampling_stratum_id) as row_key,
        first_year,
        last_year
    from {{ ref('stg_account_area_samples') }}
),

ordered as (
    select
        *,
        max(last_year) over (
            partition by dataset, project_id, row_key
            order by first_year, last_year
            rows between unbounded preceding and 1 preceding
        ) as earlier_last_year
    from spans
)

select *
from ordered
where last_year < first_year or first_year <= earlier_last_year
