with source as (
    select * from {{ source('landed', 'taxon_categories') }}
),

final as (
    select
        scientific_name,
        list as list_name,
        category,
        criteria,
        holds_from,
        holds_to,
        superseded_on,
        taxon_group,
        family,
        common_name_en,
        common_name_es,
        sensitive,
        source as category_source
    from source
)

select * from final
