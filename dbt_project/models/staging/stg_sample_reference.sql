with source as (
    select * from {{ source('landed', 'sample_reference') }}
),

final as (
    select
        design_id,
        unit_id,
        outcome,
        reference_class,
        loss_year,
        transition_class,
        label_count,
        resolved_by,
        confidence,
        image_before_date,
        image_after_date,
        reason
    from source
)

select * from final
