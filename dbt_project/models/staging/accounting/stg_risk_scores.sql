with source as (
    select * from {{ source('landed', 'risk_scores') }}
),

final as (
    select
        project_id,
        assessed_on,
        category,
        item,
        score,
        loss_class,
        return_class,
        mitigation,
        source
    from source
)

select * from final
