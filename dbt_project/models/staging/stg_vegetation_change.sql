with source as (
    select * from {{ source('landed', 'vegetation_change') }}
),

final as (
    select
        zone_id,
        vegetation_index,
        source as source_name,
        before_id,
        after_id,
        before_first_day,
        before_last_day,
        after_first_day,
        after_last_day,
        mean_before,
        mean_after,
        mean_change,
        clear_pixel_count,
        zone_pixel_count,
        {{ um2_to_ha('clear_area_um2') }} as clear_area_ha,
        {{ um2_to_ha('zone_area_um2') }} as zone_area_ha,
        {{ divide('clear_area_um2', 'zone_area_um2', 0, scale=9, width=18) }} as clear_share
    from source
)

select * from final
