"""The doors of the emission-reduction accounts: what is accounted under which rules, and every input of the arithmetic.

One account is one project under one rule set; a warehouse may hold the accounts of many projects. What the platform measured itself
comes from its own tables; these tables hold what a project, a workbook or a portfolio gives beside or instead of that.
"""

from __future__ import annotations

from mrv.schema_types import dataset

# fmt: off
ACCOUNTING_DECLARED = (
    dataset("accounts", "One row per account: a project's period under one rule set.", "project_id rule_set", {
        "project_id": "str", "rule_set": "str", "is_primary": "bool", "period_id": "str", "period_start": "date",
        "period_end": "date", "crediting_start": "date", "crediting_end": "date",
    }),
    dataset("account_parameters", "One row per account, vintage and name of a parameter: the row in force.",
             "project_id rule_set vintage_year name", {
        "project_id": "str", "rule_set": "str", "vintage_year": "int", "name": "str", "value": "factor?", "choice": "str?",
        "parameter_id": "str",
    }),
    dataset("baseline_versions", "One row per project and approved version of its baseline.", "project_id baseline_version", {
        "project_id": "str", "baseline_version": "str", "mode": "str", "valid_from": "date", "valid_to": "date",
        "reference_first_year": "int?", "reference_last_year": "int?", "document": "str", "illustrative": "bool",
    }),
    dataset("account_activity",
             "One row per project, scenario, zone, stratum, change of state and span of years: the area that changed, in all.",
             "project_id scenario baseline_version scope zone_id stratum_id from_state to_state first_year last_year", {
        "project_id": "str", "scenario": "str", "baseline_version": "str?", "scope": "str", "zone_id": "str", "stratum_id": "str",
        "activity": "str", "from_state": "str", "to_state": "str", "first_year": "int", "last_year": "int", "area_ha": "ha",
        "se_ha": "ha?", "distribution": "str?", "shape_a": "factor?", "shape_b": "factor?", "shape_c": "factor?",
        "error_group": "str?", "source": "str",
    }),
    dataset("account_stocks", "One row per project, stratum, state of the land and pool: its stock, or how it follows from another.",
             "project_id stratum_id state pool", {
        "project_id": "str", "stratum_id": "str", "state": "str", "pool": "str", "method": "str", "value": "factor", "unit": "str",
        "carbon_fraction": "factor?", "base_state": "str?", "se": "factor?", "carbon_fraction_se": "factor?",
        "distribution": "str?", "shape_a": "factor?", "shape_b": "factor?", "shape_c": "factor?", "source": "str",
    }),
    dataset("account_emissions", "One row per project, scenario, component and span of years: emissions that were not computed here.",
             "project_id scenario baseline_version scope component first_year last_year", {
        "project_id": "str", "scenario": "str", "baseline_version": "str?", "scope": "str", "component": "str", "first_year": "int",
        "last_year": "int", "emissions_tco2e": "tonnes", "se_tco2e": "tonnes?", "source": "str",
    }),
    dataset("account_burnt_areas", "One row per project, scenario, zone, stratum and year: forest burnt.",
             "project_id scenario baseline_version scope zone_id stratum_id year", {
        "project_id": "str", "scenario": "str", "baseline_version": "str?", "scope": "str", "zone_id": "str", "stratum_id": "str",
        "year": "int", "area_ha": "ha", "source": "str",
    }),
    dataset("account_area_samples", "One row per project, zone and sampling stratum: units of a sample and those that lost their forest.",
             "project_id scope zone_id sampling_stratum_id first_year", {
        "project_id": "str", "scope": "str", "zone_id": "str", "stratum_id": "str", "sampling_stratum_id": "str",
        "first_year": "int", "last_year": "int", "monitoring_years": "factor", "area_ha": "ha", "unit_count": "int",
        "loss_count": "int", "source": "str",
    }),
    dataset("leakage_measures", "One row per project, year and kind of measure against leakage: how much of it there was.",
             "project_id year measure", {
        "project_id": "str", "year": "int", "measure": "str", "quantity": "tonnes", "unit": "str", "source": "str",
    }),
    dataset("risk_scores", "One row per project, assessment and item of the non-permanence risk rating.",
             "project_id assessed_on category item", {
        "project_id": "str", "assessed_on": "date", "category": "str", "item": "str", "score": "factor?", "loss_class": "str?",
        "return_class": "str?", "mitigation": "factor?", "source": "str",
    }),
    dataset("prior_vintages", "One row per account and vintage of an earlier period, as it was verified.",
             "project_id rule_set vintage_start", {
        "project_id": "str", "rule_set": "str", "vintage_year": "int", "vintage_start": "date", "vintage_end": "date",
        "stock_change_tco2e": "tonnes", "leakage_tco2e": "tonnes", "balance_tco2e": "tonnes", "buffer_tco2e": "tonnes",
        "credits": "int", "source": "str",
    }),
    dataset("ex_ante_reductions", "One row per project and calendar year: the net reductions that were expected at validation.",
             "project_id year", {
        "project_id": "str", "year": "int", "net_tco2e": "tonnes", "source": "str",
    }),
    dataset("loss_events", "One row per project and event that destroyed carbon stock.", "project_id event_id", {
        "project_id": "str", "event_id": "str", "occurred_on": "date", "zone_id": "str?", "cause": "str", "is_avoidable": "bool?",
        "stock_loss_tco2e": "tonnes", "notified_on": "date?", "reported_on": "date?", "source": "str",
    }),
    dataset("monitored_parameters", "One row per account and parameter of the monitoring plan: the fields of the standard's table.",
             "project_id rule_set data_parameter", {
        "project_id": "str", "rule_set": "str", "methodology_version": "str", "data_parameter": "str", "stage": "str",
        "data_unit": "str", "description": "str", "description_es": "str", "equations": "str?", "source_of_data": "str",
        "measurement_procedures": "str", "frequency": "str", "monitoring_equipment": "str?", "qa_qc_procedures": "str",
        "purpose_of_data": "str", "calculation_method": "str?", "justification_of_choice": "str?", "comments": "str?",
        "value_key": "str?", "position": "int",
    }),
)

ACCOUNTING_RECEIVED = (
    dataset("issuances", "One row per transaction of a registry: credits issued, and those retired or cancelled.", "serial_number", {
        "registry": "str", "registry_project_id": "str", "project_name": "str?", "methodology": "str?", "issued_on": "date",
        "vintage_start": "date", "vintage_end": "date", "total_vintage_quantity": "int?", "quantity_issued": "int",
        "serial_number": "str", "block_start": "int", "block_end": "int", "additional_certifications": "str?",
        "retired_on": "date?", "retirement_reason": "str?", "retirement_beneficiary": "str?!", "retirement_details": "str?~",
    }, traced=True),
)

ACCOUNTING_MEASURED = (
    dataset("issuances_set_aside", "One row per vintage of which rows of a registry's table were set aside; null: nobody can tell which.",
             "vintage_start vintage_end", {"vintage_start": "date?", "vintage_end": "date?", "row_count": "int"}),
)
# fmt: on
