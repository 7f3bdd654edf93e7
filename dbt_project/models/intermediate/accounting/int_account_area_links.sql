with emission_rows as (
    select * from {{ ref('int_account_emission_rows') }}
),

activity as (
    select
        *,
        cast(
            case
                when distribution = 'fixed' then 0
                when u90 is not null then u90
                else
                    {{ shape_se('area_ha') }} * cast({{ normal_90() }} as double)
                    / nullif(cast(area_ha as double), 0)
            end as decimal(18, 9)
        ) as own_u90
    from {{ ref('int_account_activity') }}
),

versions as (
    select * from {{ ref('stg_baseline_versions') }}
),

declared as (
    select * from {{ ref('int_account_declared') }}
),

-- The areas behind an emission: of its year; of the whole reference where the baseline is its mean; of the years before
-- too where carbon decays.
areas as (
    select
        emission_rows.project_id,
        emission_rows.rule_set,
        emission_rows.year,
        emission_rows.row_id,
        activity.area_ha as amount,
        activity.distribution,
        activity.shape_a,
        activity.shape_b,
        activity.shape_c,
        activity.degrees_of_freedom,
        coalesce(activity.own_u90, emission_rows.ad_uncertainty_u90) as u90,
        -- Areas without an interval of their own err by what the account declares, all of a side together; those
        -- that one sample estimated for a zone err with it.
        case
            when activity.error_group is not null then 'areas ' || activity.error_group
            when activity.own_u90 is null then 'areas ' || emission_rows.scenario
            when activity.se_ha is null and activity.u90 is not null then 'areas of the sample of ' || activity.zone_id
            else
                'area ' || concat_ws(
                    '/',
                    activity.scenario,
                    activity.baseline_version,
                    activity.scope,
                    activity.zone_id,
                    activity.stratum_id,
                    activity.activity,
                    activity.from_state,
                    activity.to_state,
                    activity.first_year,
                    activity.last_year
                )
        end as input_id
    from emission_rows
    inner join activity
        on
            emission_rows.project_id = activity.project_id
            and emission_rows.rule_set = activity.rule_set
            and emission_rows.scenario = activity.scenario
            and emission_rows.scope = activity.scope
            and emission_rows.zone_id = activity.zone_id
            and emission_rows.stratum_id = activity.stratum_id
            and emission_rows.activity = activity.activity
            and emission_rows.from_state = activity.from_state
            and emission_rows.to_state = activity.to_state
            and emission_rows.baseline_version is not distinct from activity.baseline_version
    left join versions
        on
            emission_rows.project_id = versions.project_id
            and emission_rows.baseline_version = versions.baseline_version
    where
        emission_rows.kind = 'stock_change'
        and (
            (emission_rows.year >= activity.first_year and emission_rows.year <= activity.last_year)
            or coalesce(versions.mode in ('reference_average', 'crediting_level'), false)
            or (emission_rows.emission_timing = 'decay' and activity.first_year <= emission_rows.year)
        )
),

-- Burnt areas are observed without an interval of their own.
burnt as (
    select
        project_id,
        rule_set,
        year,
        row_id,
        1 as amount,
        'normal' as distribution,
        ad_uncertainty_u90 as u90,
        'burnt areas ' || scenario as input_id
    from emission_rows
    where kind = 'fire'
),

-- What was declared as emissions errs as declared, alike in every year.
told as (
    select
        emission_rows.project_id,
        emission_rows.rule_set,
        emission_rows.year,
        emission_rows.row_id,
        cast(declared.se_tco2e as decimal(28, 9)) * {{ normal_90() }} as half_width_tco2e,
        nullif(abs(declared.emissions_tco2e), 0) as size_tco2e,
        'declared ' || concat_ws(
            '/', declared.scenario, declared.baseline_version, declared.scope, declared.component
        ) as input_id
    from emission_rows
    inner join declared
        on
            emission_rows.project_id = declared.project_id
            and emission_rows.rule_set = declared.rule_set
            and emission_rows.scenario = declared.scenario
            and emission_rows.scope = declared.scope
            and emission_rows.activity = declared.component
            and emission_rows.year = declared.year
            and coalesce(emission_rows.baseline_version, '*') = declared.baseline_version
    where emission_rows.kind = 'declared'
),

told_errors as (
    select
        project_id,
        rule_set,
        year,
        row_id,
        1 as amount,
        'normal' as distribution,
        {{ divide('half_width_tco2e', 'size_tco2e', 18, 9, width=18) }} as u90,
        input_id
    from told
),

links as (
    select * from areas
    union all by name
    select * from burnt
    union all by name
    select * from told_errors
),

weighed as (
    select
        *,
        sum(amount) over (partition by project_id, rule_set, row_id) as whole,
        count(*) over (partition by project_id, rule_set, row_id) as link_count
    from links
    where amount is distinct from 0
),

final as (
    select
        project_id,
        rule_set,
        year as vintage_year,
        row_id,
        input_id,
        cast(u90 as decimal(18, 9)) as u90,
        distribution,
        cast(shape_a as decimal(18, 9)) as shape_a,
        cast(shape_b as decimal(18, 9)) as shape_b,
        cast(shape_c as decimal(18, 9)) as shape_c,
        cast(degrees_of_freedom as bigint) as degrees_of_freedom,
        cast(amount as decimal(28, 9)) as amount,
        cast(whole as decimal(28, 9)) as whole,
        link_count
    from weighed
)

select * from final
