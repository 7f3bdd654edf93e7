-- A project that does not ask for patches has no row here.
with asked as (
    select * from {{ ref('stg_batches') }}
    where dataset = 'loss_patches'
),

zone_years as (
    select zone_years.*
    from {{ ref('int_zone_years') }} as zone_years
    cross join asked
    where zone_years.in_period
),

patches as (
    select
        patch_id,
        zone_id,
        loss_year,
        area_um2,
        driver_hint,
        unjudged_rules,
        coalesce(reviewer_label, 'not_reviewed') as reviewer_label,
        coalesce(label_illustrative, false) as label_illustrative
    from {{ ref('stg_loss_patches') }}
),

names as (
    select * from {{ ref('int_driver_names') }}
),

-- What stands for a review without being one is shown apart, and only where there is any.
bases as (
    select unnest(['hint', 'review']) as basis
    union all
    select distinct 'illustrative_review' as basis
    from patches
    where label_illustrative
),

cells as (
    select
        zone_years.*,
        bases.basis,
        names.position,
        names.driver,
        names.driver_en,
        names.driver_es
    from zone_years
    cross join bases
    cross join names
    where bases.basis <> 'hint' or names.driver not in ('no_loss', 'not_reviewed')
),

areas as (
    select
        patches.zone_id,
        patches.loss_year,
        bases.basis,
        case bases.basis
            when 'hint' then patches.driver_hint
            when 'review' then if(patches.label_illustrative, 'not_reviewed', patches.reviewer_label)
            else if(patches.label_illustrative, patches.reviewer_label, 'not_reviewed')
        end as driver,
        count(distinct patches.patch_id) as patch_count,
        sum(patches.area_um2) as area_um2,
        sum(patches.area_um2) filter (where patches.unjudged_rules is not null) as unjudged_um2
    from patches
    cross join bases
    group by all
),

totals as (
    select
        zone_id,
        loss_year,
        sum(area_um2) as area_um2
    from patches
    group by zone_id, loss_year
),

joined as (
    select
        cells.*,
        case when cells.is_measured then coalesce(areas.patch_count, 0) end as patch_count,
        case when cells.is_measured then cast(coalesce(areas.area_um2, 0) as decimal(38, 0)) end as area_um2,
        case
            when cells.is_measured and cells.basis = 'hint' then cast(coalesce(areas.unjudged_um2, 0) as decimal(38, 0))
        end as unjudged_um2,
        cast(coalesce(areas.area_um2, 0) as decimal(38, 0)) * 100 as area_by_hundred,
        cast(totals.area_um2 as decimal(38, 0)) as zone_year_um2,
        cast(cells.days_in_year as decimal(38, 0)) * cast('10000000000000000' as decimal(38, 0)) as days_by_ha
    from cells
    left join areas
        on
            cells.zone_id = areas.zone_id
            and cells.year = areas.loss_year
            and cells.basis = areas.basis
            and cells.driver = areas.driver
    left join totals on cells.zone_id = totals.zone_id and cells.year = totals.loss_year
),

weighted as (
    select
        *,
        cast(period_days as decimal(38, 0)) * area_um2 as area_by_days
    from joined
),

final as (
    select
        zone_id,
        kind,
        zone_name,
        year,
        basis,
        driver,
        driver_en,
        driver_es,
        patch_count,
        {{ um2_to_ha('area_um2') }} as area_ha,
        {{ divide('area_by_days', 'days_by_ha', 0, scale=6, width=18) }} as period_area_ha,
        {{ divide('area_by_hundred', 'zone_year_um2', 0, scale=6, width=18) }} as share_percent,
        {{ um2_to_ha('unjudged_um2') }} as unjudged_area_ha,
        coalesce(
            reason,
            case
                when unjudged_um2 > 0
                    then 'for a part of it rules could not be judged: fires were not observed on all days'
            end
        ) as reason
    from weighted
)

select * from final
