-- Whether records may be told of the project area: of an area smaller than the cell in which a record is told they may
-- not, and then nothing is known of it here.
with cells as (
    select coalesce(max(cell_m), 0) as cell_m
    from {{ ref('stg_record_cells') }}
    where dataset in ('camera_deployments', 'occurrences')
),

areas as (
    select coalesce(max(area_ha), 0) as area_ha
    from {{ ref('stg_zones') }}
    where kind = 'project_area'
),

final as (
    select areas.area_ha * 10000 >= cast(cells.cell_m as bigint) * cells.cell_m as is_told
    from areas
    cross join cells
)

select * from final
