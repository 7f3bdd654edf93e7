-- A choice that no model knows would be passed over in silence.
with known (name, choice) as (
    values
    ('uncertainty_rule', 'x_unc'),
    ('uncertainty_rule', 'vcs_mr_2_4'),
    ('uncertainty_rule', 'none'),
    ('leakage_floor', 'annual'),
    ('leakage_floor', 'cumulative'),
    ('activity_data_source', 'map_count'),
    ('activity_data_source', 'sample_estimate'),
    ('activity_data_years', 'proportional_to_map'),
    ('activity_data_years', 'uniform'),
    ('buffer_base', 'stock_change'),
    ('rounding', 'floor_vcu'),
    ('committed_emissions', 'year_of_loss')
)

select
    parameters.name,
    parameters.choice
from {{ ref('stg_parameters') }} as parameters
left join known on parameters.name = known.name and parameters.choice = known.choice
where parameters.choice is not null and known.name is null
