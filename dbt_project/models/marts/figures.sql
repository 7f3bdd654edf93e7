-- The accounts of the project of this run: a figure needs an address that nothing else has.
with ledger as (
    select
        reductions.*,
        case when reductions.is_primary then '' else reductions.rule_set || '.' end as id_part,
        case when reductions.is_primary then '' else ' (' || reductions.rule_set || ')' end as label_part,
        'project_id=' || reductions.project_id || ';rule_set=' || reductions.rule_set as account_key
    from {{ ref('emission_reductions') }} as reductions
    inner join {{ ref('stg_project') }} as project on reductions.project_id = project.project_id
),

-- The figures of the ledger: short name, column, unit, label. What is creditable has the name of its unit.
ledger_columns (short_name, mart_column, unit, label_en, label_es) as (
    values
    ('baseline', 'baseline_tco2e', 'tCO2e', 'Baseline emissions', 'Emisiones de línea base'),
    ('project', 'project_tco2e', 'tCO2e', 'Project emissions', 'Emisiones del proyecto'),
    ('gross', 'gross_reduction_tco2e', 'tCO2e', 'Gross emission reductions', 'Reducciones brutas de emisiones'),
    ('leakage', 'leakage_tco2e', 'tCO2e', 'Leakage', 'Fugas'),
    ('net', 'net_tco2e', 'tCO2e', 'Net emission reductions', 'Reducciones netas de emisiones'),
    ('uncertainty', 'uncertainty_u90', '1', 'Uncertainty', 'Incertidumbre'),
    ('deduction', 'deduction_tco2e', 'tCO2e', 'Uncertainty deduction', 'Deducción por incertidumbre'),
    ('buffer', 'buffer_tco2e', 'tCO2e', 'Buffer contribution', 'Aporte al fondo de reserva'),
    (
        'credits',
        'credits',
        null,
        'Creditable units, subject to verification',
        'Unidades acreditables, sujetas a verificación'
    )
),

vintage_values as (
    select
        coalesce(nullif(ledger_columns.short_name, 'credits'), lower(ledger.credit_unit)) as short_name,
        ledger_columns.mart_column,
        coalesce(ledger_columns.unit, ledger.credit_unit) as unit,
        ledger.id_part,
        ledger.account_key,
        ledger.vintage_year,
        ledger.reason,
        case
            when ledger_columns.unit is not null then ledger_columns.label_en
            else replace(ledger_columns.label_en, ' units', ' units (' || ledger.credit_unit || ')')
        end || ledger.label_part as label_en,
        case
            when ledger_columns.unit is not null then ledger_columns.label_es
            else replace(ledger_columns.label_es, ' acreditables', ' acreditables (' || ledger.credit_unit || ')')
        end || ledger.label_part as label_es,
        case ledger_columns.short_name
            when 'baseline' then ledger.baseline_tco2e
            when 'project' then ledger.project_tco2e
            when 'gross' then ledger.gross_reduction_tco2e
            when 'leakage' then ledger.leakage_tco2e
            when 'net' then ledger.net_tco2e
            when 'uncertainty' then cast(ledger.uncertainty_u90 as decimal(28, 9))
            when 'deduction' then ledger.deduction_tco2e
            when 'buffer' then ledger.buffer_tco2e
            when 'credits' then cast(ledger.credits as decimal(28, 9))
        end as value
    from ledger
    cross join ledger_columns
    -- Without a unit nothing is creditable under a name.
    where ledger_columns.unit is not null or ledger.credit_unit is not null
),

by_vintage as (
    select
        'er.' || id_part || short_name || '.' || vintage_year as figure_id,
        label_en || ', vintage ' || vintage_year as label_en,
        label_es || ', añada ' || vintage_year as label_es,
        value,
        unit,
        'emission_reductions' as mart,
        mart_column,
        account_key || ';vintage_year=' || vintage_year as row_key,
        case when value is null then reason end as reason
    from vintage_values
),

period_totals as (
    select
        'er.' || id_part || short_name || '.total' as figure_id,
        label_en || ', whole period' as label_en,
        label_es || ', todo el período' as label_es,
        {{ sum_or_null('value') }} as value,
        unit,
        'emission_reductions' as mart,
        mart_column,
        account_key || ';vintage_year=*' as row_key,
        {{ reasons('reason', 'value is null') }} as reason
    from vintage_values
    where short_name <> 'uncertainty'
    group by id_part, account_key, short_name, label_en, label_es, unit, mart_column
),

-- What the registry issued of each vintage of the project's own account, and what is left of what was computed.
reconciled as (
    select compared.*
    from {{ ref('issuance_reconciliation') }} as compared
    inner join {{ ref('stg_project') }} as project on compared.project_id = project.project_id
    where compared.is_primary and compared.status <> 'not_received'
),

issued_values as (
    select
        *,
        unnest(['issued', 'available']) as mart_column,
        unnest([issued, available]) as value
    from reconciled
),

issued as (
    select
        mart_column || '.' || vintage_start || '.' || vintage_end as figure_id,
        if(mart_column = 'issued', 'Credits that the registry issued', 'Credits computed and not issued yet')
        || ', vintage ' || vintage_start || ' to ' || vintage_end as label_en,
        if(mart_column = 'issued', 'Créditos que el registro emitió', 'Créditos calculados y aún no emitidos')
        || ', añada ' || vintage_start || ' a ' || vintage_end as label_es,
        cast(value as decimal(28, 9)) as value,
        'VCU' as unit,
        'issuance_reconciliation' as mart,
        mart_column,
        'project_id=' || project_id || ';rule_set=' || rule_set || ';vintage_start=' || vintage_start
        || ';vintage_end=' || vintage_end as row_key,
        case when value is null then reason end as reason
    from issued_values
),

-- A year of the product is a calendar year; a period that begins or ends within it takes a part, by its days.
dated_loss as (
    select
        *,
        case when in_period and period_days < days_in_year then period_days end as days_inside
    from {{ ref('deforestation_annual') }}
),

deforestation as (
    select
        'defor.' || zone_id || '.' || year as figure_id,
        'Deforestation in ' || zone_name || ', calendar year ' || year
        || coalesce(' (' || days_inside || ' of ' || days_in_year || ' days in the period)', '') as label_en,
        'Deforestación en ' || zone_name || ', año calendario ' || year
        || coalesce(' (' || days_inside || ' de ' || days_in_year || ' días en el período)', '') as label_es,
        area_ha as value,
        'ha' as unit,
        'deforestation_annual' as mart,
        'area_ha' as mart_column,
        'zone_id=' || zone_id || ';year=' || year as row_key,
        reason
    from dated_loss
),

deforestation_of_period as (
    select
        'defor_period.' || zone_id || '.' || year as figure_id,
        'Deforestation in ' || zone_name || ' in ' || year || ' that counts for the period (' || period_days || ' of '
        || days_in_year || ' days)' as label_en,
        'Deforestación en ' || zone_name || ' en ' || year || ' que cuenta para el período (' || period_days || ' de '
        || days_in_year || ' días)' as label_es,
        period_area_ha as value,
        'ha' as unit,
        'deforestation_annual' as mart,
        'period_area_ha' as mart_column,
        'zone_id=' || zone_id || ';year=' || year as row_key,
        reason
    from {{ ref('deforestation_annual') }}
    where in_period
),

dated_forest as (
    select
        forest_cover.*,
        if(
            make_date(forest_cover.year, 12, 31) > project.period_end, cast(project.period_end as varchar), null
        ) as ended_on
    from {{ ref('forest_cover_annual') }} as forest_cover
    cross join {{ ref('stg_project') }} as project
),

forest as (
    select
        'forest.' || zone_id || '.' || year as figure_id,
        'Forest in ' || zone_name || ' on 31 December ' || year
        || coalesce(' (the period ends on ' || ended_on || ')', '') as label_en,
        'Bosque en ' || zone_name || ' al 31 de diciembre de ' || year
        || coalesce(' (el período termina el ' || ended_on || ')', '') as label_es,
        area_ha as value,
        'ha' as unit,
        'forest_cover_annual' as mart,
        'area_ha' as mart_column,
        'zone_id=' || zone_id || ';year=' || year as row_key,
        null as reason
    from dated_forest
),

areas as (
    select
        'area.' || zone_id as figure_id,
        'Area of ' || zone_name as label_en,
        'Superficie de ' || zone_name as label_es,
        area_ha as value,
        'ha' as unit,
        'zones' as mart,
        'area_ha' as mart_column,
        'zone_id=' || zone_id as row_key,
        null as reason
    from {{ ref('zones') }}
),

fires as (
    select
        'fires.' || zone_id || '.' || strftime(month, '%Y-%m') as figure_id,
        'Fire detections in ' || zone_name || ', ' || strftime(month, '%Y-%m') as label_en,
        'Focos de calor en ' || zone_name || ', ' || strftime(month, '%Y-%m') as label_es,
        fire_count as value,
        'detections' as unit,
        'fires_monthly' as mart,
        'fire_count' as mart_column,
        'zone_id=' || zone_id || ';month=' || month as row_key,
        reason
    from {{ ref('fires_monthly') }}
),

carbon as (
    select
        'carbon.' || stratum_id || '.' || state || '.' || pool as figure_id,
        'Carbon stock, ' || stratum_id || ', ' || state || ', ' || pool as label_en,
        'Reserva de carbono, ' || stratum_id || ', ' || state || ', ' || pool as label_es,
        stock_tc_ha as value,
        'tC/ha' as unit,
        'carbon_stocks' as mart,
        'stock_tc_ha' as mart_column,
        'stratum_id=' || stratum_id || ';state=' || state || ';pool=' || pool as row_key,
        reason
    from {{ ref('carbon_stocks') }}
),

primary_accounts as (
    select distinct
        project_id,
        rule_set,
        account_key
    from ledger
    where is_primary
),

-- Emissions of the primary account by the days of the period: they add up to those of the vintages.
sides as (
    select
        'baseline' as scenario,
        'baseline_emissions' as mart,
        'línea base' as scenario_es,
        project_id,
        rule_set,
        scope,
        zone_id,
        stratum_id,
        year,
        period_tco2e,
        reason
    from {{ ref('baseline_emissions') }}
    union all
    select
        'monitored' as scenario,
        'project_emissions' as mart,
        'monitoreadas' as scenario_es,
        project_id,
        rule_set,
        scope,
        zone_id,
        stratum_id,
        year,
        period_tco2e,
        reason
    from {{ ref('project_emissions') }}
),

emissions as (
    select
        'emissions_period.' || sides.zone_id || '.' || sides.stratum_id || '.' || sides.year || '.' || sides.scenario
            as figure_id,
        'Emissions of ' || sides.zone_id || ', ' || sides.stratum_id || ', days of ' || sides.year
        || ' in the period, ' || sides.scenario as label_en,
        'Emisiones de ' || sides.zone_id || ', ' || sides.stratum_id || ', días de ' || sides.year
        || ' en el período, ' || sides.scenario_es as label_es,
        {{ sum_or_null('sides.period_tco2e') }} as value,
        'tCO2e' as unit,
        sides.mart,
        'period_tco2e' as mart_column,
        accounts.account_key || ';zone_id=' || sides.zone_id || ';stratum_id=' || sides.stratum_id || ';year='
        || sides.year || ';days=*' as row_key,
        {{ reasons('sides.reason', 'sides.period_tco2e is null') }} as reason
    from sides
    inner join primary_accounts as accounts
        on sides.project_id = accounts.project_id and sides.rule_set = accounts.rule_set
    where sides.zone_id <> '*' and sides.stratum_id <> '*'
    group by
        accounts.account_key,
        sides.mart,
        sides.scenario,
        sides.scenario_es,
        sides.zone_id,
        sides.stratum_id,
        sides.year
),

-- The classes of activity data and their words.
activity_classes (activity_class, class_en, class_es) as (
    values
    ('loss', 'Forest loss', 'Pérdida de bosque'),
    ('gain', 'Forest gain', 'Ganancia de bosque'),
    ('stable_forest', 'Stable forest', 'Bosque estable'),
    ('stable_non_forest', 'Stable non-forest', 'No bosque estable')
),

activity_columns (short_name, mart_column, unit, label_en, label_es) as (
    values
    ('map', 'map_area_ha', 'ha', 'by the map', 'según el mapa'),
    ('estimate', 'estimate_area_ha', 'ha', 'by the sample', 'según la muestra'),
    ('se', 'se_ha', 'ha', 'standard error of the estimate', 'error estándar de la estimación'),
    ('u90', 'u90_percent', '%', 'half-width of the 90 % interval', 'semiancho del intervalo del 90 %'),
    ('difference', 'difference_ha', 'ha', 'estimate less map', 'estimación menos mapa')
),

activity as (
    select
        'ad.' || activity.zone_id || '.' || activity.activity_class || '.' || activity_columns.short_name as figure_id,
        activity_classes.class_en || ' in ' || activity.zone_name || ', ' || activity.first_year || ' to '
        || activity.last_year || ', ' || activity_columns.label_en as label_en,
        activity_classes.class_es || ' en ' || activity.zone_name || ', ' || activity.first_year || ' a '
        || activity.last_year || ', ' || activity_columns.label_es as label_es,
        case activity_columns.short_name
            when 'map' then cast(activity.map_area_ha as decimal(28, 9))
            when 'estimate' then cast(activity.estimate_area_ha as decimal(28, 9))
            when 'se' then cast(activity.se_ha as decimal(28, 9))
            when 'u90' then cast(activity.u90_percent as decimal(28, 9))
            when 'difference' then cast(activity.difference_ha as decimal(28, 9))
        end as value,
        activity_columns.unit,
        'activity_data' as mart,
        activity_columns.mart_column,
        'zone_id=' || activity.zone_id || ';activity_class=' || activity.activity_class || ';year=' as row_key,
        case
            when activity_columns.short_name = 'map' and activity.map_area_ha is null then 'the map does not show it'
            when activity.estimate_area_ha is null and activity_columns.short_name <> 'map' then activity.reason
            when activity_columns.short_name = 'difference' and activity.difference_ha is null
                then 'the map does not show it'
            when activity_columns.short_name = 'u90' and activity.u90_percent is null
                then coalesce(activity.reason, 'the estimate is zero')
        end as reason
    from {{ ref('activity_data') }} as activity
    cross join activity_columns
    inner join activity_classes on activity.activity_class = activity_classes.activity_class
    where activity.year is null
),

accuracy as (
    select
        'accuracy.' || accuracy.design_id || if(accuracy.measure = 'overall', '', '.' || accuracy.map_class) || '.'
        || accuracy.measure as figure_id,
        case accuracy.measure
            when 'overall' then 'Overall accuracy of the map'
            when 'user' then 'User''s accuracy of the map, ' || lower(activity_classes.class_en)
            else 'Producer''s accuracy of the map, ' || lower(activity_classes.class_en)
        end || ', sample ' || accuracy.design_id as label_en,
        case accuracy.measure
            when 'overall' then 'Exactitud global del mapa'
            when 'user' then 'Exactitud del usuario del mapa, ' || lower(activity_classes.class_es)
            else 'Exactitud del productor del mapa, ' || lower(activity_classes.class_es)
        end || ', muestra ' || accuracy.design_id as label_es,
        accuracy.accuracy as value,
        '1' as unit,
        'map_accuracy' as mart,
        'accuracy' as mart_column,
        'design_id=' || accuracy.design_id || ';zone_id=*;measure=' || accuracy.measure || ';map_class='
        || accuracy.map_class as row_key,
        accuracy.reason
    from {{ ref('map_accuracy') }} as accuracy
    left join activity_classes on accuracy.map_class = activity_classes.activity_class
    where accuracy.zone_id = '*'
),

benefits as (
    select
        'benefit.' || metrics.metric as figure_id,
        coalesce(wholes.label_en || ', ', '') || metrics.label_en as label_en,
        coalesce(wholes.label_es || ', ', '') || metrics.label_es as label_es,
        metrics.value,
        metrics.unit,
        'benefit_metrics' as mart,
        'value' as mart_column,
        'metric=' || metrics.metric as row_key,
        case when metrics.value is null then metrics.reason end as reason
    from {{ ref('benefit_metrics') }} as metrics
    left join {{ ref('benefit_metrics') }} as wholes on metrics.of_which_of = wholes.metric
),

everything as (
    select * from by_vintage
    union all
    select * from period_totals
    union all
    select * from issued
    union all
    select * from deforestation
    union all
    select * from deforestation_of_period
    union all
    select * from forest
    union all
    select * from areas
    union all
    select * from fires
    union all
    select * from carbon
    union all
    select * from emissions
    union all
    select * from activity
    union all
    select * from accuracy
    union all
    select * from benefits
),

final as (
    select
        figure_id,
        label_en,
        label_es,
        cast(value as decimal(28, 9)) as value,
        unit,
        mart,
        mart_column,
        row_key,
        reason
    from everything
)

select * from final
