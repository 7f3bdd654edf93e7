with strata as (
    select * from {{ ref('stg_sample_strata') }}
),

designs as (
    select * from {{ ref('stg_sample_designs') }}
),

units as (
    select
        *,
        outcome in ('single', 'agreed', 'resolved') as is_usable
    from {{ ref('sample_units') }}
),

dated as (
    select
        *,
        -- Whole billionths of a year, so that no order of rows changes a digit of the mean.
        case
            when is_usable then cast(round((image_after_date - image_before_date) * 1000000000) as bigint)
        end as years_e9
    from units
),

counts as (
    select
        design_id,
        stratum_id,
        count(*) filter (where is_usable) as usable_count,
        count(*) filter (where outcome = 'unusable') as unusable_count,
        count(*) filter (where outcome in ('open', 'not_labelled')) as unresolved_count,
        count(*) filter (where is_usable and reference_class = 'loss') as loss_count,
        count(*) filter (where is_usable and reference_class = 'gain') as gain_count,
        count(*) filter (where is_usable and reference_class = 'stable_forest') as stable_forest_count,
        count(*) filter (where is_usable and reference_class = 'stable_non_forest') as stable_non_forest_count,
        count(years_e9) as dated_count,
        cast(sum(years_e9) as decimal(38, 0)) as years_e9
    from dated
    group by design_id, stratum_id
),

joined as (
    select
        strata.*,
        coalesce(counts.usable_count, 0) as usable_count,
        coalesce(counts.unusable_count, 0) as unusable_count,
        coalesce(counts.unresolved_count, 0) as unresolved_count,
        coalesce(counts.loss_count, 0) as loss_count,
        coalesce(counts.gain_count, 0) as gain_count,
        coalesce(counts.stable_forest_count, 0) as stable_forest_count,
        coalesce(counts.stable_non_forest_count, 0) as stable_non_forest_count,
        coalesce(counts.dated_count, 0) as dated_count,
        designs.area_um2 as design_um2,
        designs.last_year - designs.first_year + 1 as nominal_years,
        cast(counts.years_e9 as decimal(38, 0)) as years_e9,
        coalesce(counts.dated_count, 0) * 1000000000 as dated_e9
    from strata
    inner join designs on strata.design_id = designs.design_id
    left join counts on strata.design_id = counts.design_id and strata.stratum_id = counts.stratum_id
),

final as (
    select
        design_id,
        stratum_id,
        stratum_class,
        map_class,
        zone_id,
        carbon_stratum_id,
        pixel_count,
        area_ha,
        {{ divide('area_um2', 'design_um2', 0, width=18) }} as weight,
        drawn_count,
        usable_count,
        unusable_count,
        unresolved_count,
        loss_count,
        gain_count,
        stable_forest_count,
        stable_non_forest_count,
        dated_count,
        {{ divide('years_e9', 'dated_e9', 0, width=18) }} as image_span_years,
        cast(nominal_years as decimal(18, 9)) as mpl_years,
        -- With a true share p, none of n units is loss with a probability of (1 - p)^n; this p makes it 5 %.
        cast(
            case
                when unresolved_count > 0 then null
                when loss_count > 0 then 0
                when usable_count = 0 then area_ha
                else cast(area_ha as double) * (1 - pow(0.05, 1.0 / usable_count))
            end as decimal(18, 6)
        ) as unseen_upper95_ha
    from joined
)

select * from final
