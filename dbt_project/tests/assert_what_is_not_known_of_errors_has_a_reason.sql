-- An error or a deduction that is null says why; what is there and may be credited needs no excuse.
select
    'uncertainty' as mart,
    project_id || ' ' || rule_set || ' ' || vintage_year as row_key
from {{ ref('uncertainty') }}
where deduction_fraction is null and reason is null
union all
select
    'uncertainty_rules' as mart,
    project_id || ' ' || rule_set || ' ' || vintage_year || ' ' || rule || ' ' || basis as row_key
from {{ ref('uncertainty_rules') }}
where (deduction_fraction is null) <> (reason is not null)
union all
select
    'monte_carlo' as mart,
    project_id || ' ' || rule_set || ' ' || span || ' ' || quantity as row_key
from {{ ref('monte_carlo') }}
where (mean_tco2e is null) <> (reason is not null)
