with repairs as (
    select * from {{ ref('stg_repairs') }}
),

-- A file may serve several datasets: its name is the same for all of them.
files as (
    select
        sha256,
        min(address) as address,
        min(source) as source
    from {{ ref('stg_artifacts') }}
    group by sha256
),

batches as (
    select * from {{ ref('stg_batches') }}
),

final as (
    select
        repairs.dataset,
        repairs.artifact as sha256,
        repairs.column_name,
        repairs.rule,
        files.source,
        files.address,
        repairs.value_count,
        repairs.first_row,
        batches.rows_read
    from repairs
    left join files on repairs.artifact = files.sha256
    left join batches on repairs.dataset = batches.dataset
)

select * from final
