with labels as (
    select * from {{ ref('stg_patch_labels') }}
),

names as (
    select * from {{ ref('int_driver_names') }}
),

final as (
    select
        labels.patch_id,
        labels.reviewer_label,
        names.driver_en as reviewer_label_en,
        names.driver_es as reviewer_label_es,
        labels.reviewed_by,
        labels.reviewed_on,
        labels.illustrative,
        labels.status
    from labels
    inner join names on labels.reviewer_label = names.driver
)

select * from final
