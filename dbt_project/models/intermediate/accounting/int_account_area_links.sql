-- Pools of one emission come from the same areas.
with emission_rows as (
    select * from {{ ref('int_account_emission_rows') }}
),

accounts as (
    select * from {{ ref('int_account_constants') }}
),

factors as (
    select * from {{ ref('int_account_factors') }}
),

activity as (
    select
        *,
        last_year - first_year + 1 as span_years,
        cast(
            case
                when distribution = 'fixed' then 0
                when u90 is not null then u90
                else
                    {{ shape_se('area_ha') }} * cast({{ normal_90() }} as double)
                    / nullif(cast(area_ha as double), 0)
            end as decimal(18, 9)
        ) as own_u90,
        {{ has_stated_error() }} as has_stated_error
    from {{ ref('int_account_activity') }}
),

versions as (
    select
        *,
        mode in ('reference_average', 'crediting_level') as is_average
    from {{ ref('stg_baseline_versions') }}
),

declared as (
    select * from {{ ref('int_account_declared') }}
),

-- Under which versions of the baseline there were areas in a year, and for what part of it.
area_years as (
    select distinct
        project_id,
        rule_set,
        scenario,
        baseline_version,
        scope,
        zone_id,
        stratum_id,
        activity,
        from_state,
        to_state,
        year,
        version_days,
        year_days
    from {{ ref('int_account_areas') }}
),

-- Where carbon decays, what a hectare lost so many years ago still emits: of what stood there, less what followed it.
decaying as (
    select
        emission_rows.*,
        {{ from_window('emission_rows.activity', 'emission_rows.pool') }} as from_window,
        {{ to_window('emission_rows.activity') }} as to_window,
        cast(factors.from_tc_ha as double) as from_tc_ha,
        cast(factors.to_tc_ha as double) as to_tc_ha
    from emission_rows
    inner join accounts
        on emission_rows.project_id = accounts.project_id and emission_rows.rule_set = accounts.rule_set
    inner join factors
        on
            emission_rows.project_id = factors.project_id
            and emission_rows.rule_set = factors.rule_set
            and emission_rows.stratum_id = factors.stratum_id
            and emission_rows.from_state = factors.from_state
            and emission_rows.to_state = factors.to_state
            and emission_rows.pool = factors.pool
    where emission_rows.decays
),

-- An area of a version whose year is shared with another counts there by its days, in its own row whole.
decayed as (
    select
        decaying.*,
        area_years.year as loss_year,
        nullif(area_years.baseline_version, '*') as area_version,
        case
            when decaying.year = area_years.year then 1
            else cast(area_years.version_days as double) / area_years.year_days
        end
        * (
            case
                when decaying.year - area_years.year < decaying.from_window
                    then decaying.from_tc_ha / decaying.from_window
                else 0
            end
            - case
                when decaying.year - area_years.year < decaying.to_window then decaying.to_tc_ha / decaying.to_window
                else 0
            end
        ) as weight
    from decaying
    inner join area_years
        on
            decaying.project_id = area_years.project_id
            and decaying.rule_set = area_years.rule_set
            and decaying.scenario = area_years.scenario
            and decaying.scope = area_years.scope
            and decaying.zone_id = area_years.zone_id
            and decaying.stratum_id = area_years.stratum_id
            and decaying.activity = area_years.activity
            and decaying.from_state = area_years.from_state
            and decaying.to_state = area_years.to_state
            and decaying.year >= area_years.year
            and decaying.year - area_years.year < greatest(decaying.from_window, decaying.to_window)
    where
        decaying.year > area_years.year
        or coalesce(decaying.baseline_version, '*') = area_years.baseline_version
),

at_once as (
    select distinct on (change_no)
        *,
        year as loss_year,
        baseline_version as area_version,
        cast(1 as double) as weight
    from emission_rows
    where kind = 'stock_change' and not decays
),

losses as (
    select * from at_once
    union all by name
    select * from decayed
),

-- The areas behind an emission: of its year, of the whole reference where the baseline is its mean, and of the years
-- before of which something is still emitted. Each counts by the area of one year, times what that emits.
areas as (
    select
        losses.project_id,
        losses.rule_set,
        losses.year,
        losses.change_no,
        activity.area_ha,
        case
            when losses.weight = 0 then 0
            when coalesce(versions.is_average, false)
                then
                    cast(activity.area_ha as double) * losses.weight
                    * (
                        least(activity.last_year, versions.reference_last_year)
                        - greatest(activity.first_year, versions.reference_first_year) + 1
                    )
                    / activity.span_years / (versions.reference_last_year - versions.reference_first_year + 1)
            else cast(activity.area_ha as double) * losses.weight / activity.span_years
        end as amount,
        activity.distribution,
        activity.shape_a,
        activity.shape_b,
        activity.shape_c,
        activity.degrees_of_freedom,
        -- What the account declares of areas without an interval does not hold for a sample that gave none.
        case
            when activity.own_u90 is not null or activity.has_stated_error then activity.own_u90
            else losses.ad_uncertainty_u90
        end as u90,
        activity.area_ha = 0 and activity.has_stated_error and activity.own_u90 is null as is_zero_with_error,
        case
            when activity.own_u90 is not null or not activity.has_stated_error then null
            else coalesce(
                activity.error_reason,
                'the standard error of an area of 0 ha in zone ' || activity.zone_id || ' is no part of it'
            )
        end as error_reason,
        -- Areas without an interval of their own err by what the account declares, all losses of a side together, and
        -- all that grew back: more of the one is not more of the other. Those that one sample estimated for a zone err
        -- with it.
        case
            when activity.error_group is not null then 'areas ' || activity.error_group
            when activity.own_u90 is null and not activity.has_stated_error
                then 'areas ' || losses.scenario || if(losses.activity = 'enhancement', ' enhancement', '')
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
    from losses
    inner join activity
        on
            losses.project_id = activity.project_id
            and losses.rule_set = activity.rule_set
            and losses.scenario = activity.scenario
            and losses.scope = activity.scope
            and losses.zone_id = activity.zone_id
            and losses.stratum_id = activity.stratum_id
            and losses.activity = activity.activity
            and losses.from_state = activity.from_state
            and losses.to_state = activity.to_state
            and losses.area_version is not distinct from activity.baseline_version
    left join versions
        on losses.project_id = versions.project_id and losses.area_version = versions.baseline_version
    where
        case
            when coalesce(versions.is_average, false)
                then
                    activity.first_year <= versions.reference_last_year
                    and activity.last_year >= versions.reference_first_year
            else losses.loss_year between activity.first_year and activity.last_year
        end
),

-- Burnt areas are observed without an interval of their own.
burnt as (
    select distinct
        project_id,
        rule_set,
        year,
        change_no,
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
        emission_rows.change_no,
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
        change_no,
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

rounded as (
    select
        * exclude (amount),
        cast(amount as decimal(28, 9)) as amount
    from links
),

-- An area of nothing emits nothing and needs no error; but where it was estimated, its error is not known.
weighed as (
    select
        *,
        sum(amount) over (partition by change_no) as whole,
        count(*) over (partition by change_no) as link_count
    from rounded
    where amount is distinct from 0 or is_zero_with_error
),

-- Amounts of one input with the same error are drawn once. Shapes in hectares need the area that they are around; any
-- other error is a part of whatever area it is of.
shaped as (
    select
        *,
        cast(u90 as decimal(18, 9)) as amount_u90,
        case when distribution in ('triangular', 'truncated_normal') then area_ha end as shaped_amount
    from weighed
),

final as (
    select
        project_id,
        rule_set,
        year as vintage_year,
        change_no,
        input_id,
        amount_u90 as u90,
        distribution,
        cast(shape_a as decimal(18, 9)) as shape_a,
        cast(shape_b as decimal(18, 9)) as shape_b,
        cast(shape_c as decimal(18, 9)) as shape_c,
        cast(shaped_amount as decimal(28, 9)) as shaped_amount,
        cast(degrees_of_freedom as bigint) as degrees_of_freedom,
        cast(amount as decimal(28, 9)) as amount,
        cast(whole as decimal(28, 9)) as whole,
        coalesce(cast(amount as double) / nullif(cast(whole as double), 0), 1) as weight,
        link_count,
        error_reason,
        dense_rank() over (
            partition by project_id, rule_set
            order by input_id, amount_u90, distribution, shape_a, shape_b, shape_c, shaped_amount
        ) as amount_no
    from shaped
)

select * from final
