with source as (
    select * from {{ source('landed', 'patch_labels') }}
),

final as (
    select
        patch_id,
        reviewer_label,
        reviewed_by,
        reviewed_on,
        illustrative,
        status
    from source
)

select * from final
