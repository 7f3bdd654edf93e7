"""The doors: every landed table, its columns, types and key. Parsers write it, checks read it, dbt starts from it.

Two columns lead back to the evidence: `_artifact` (sha256 of the file) and `_row` (1-based record in it).
Tables that the platform measures or declares carry them only where one file is the origin of a row.
The inputs of the accounts are in `mrv.schemas_accounting`. What field teams collect is in `mrv.schemas_field` (forests) and `mrv.schemas_life` (patrols, animals, people).
"""

from __future__ import annotations

from collections.abc import Mapping

from mrv.schema_types import AREA_UM2, FACTOR, HECTARES, TIMESTAMP, Dataset, dataset
from mrv.schemas_accounting import ACCOUNTING_DECLARED, ACCOUNTING_MEASURED, ACCOUNTING_RECEIVED
from mrv.schemas_field import FIELD_MEASURED, FIELD_RECEIVED
from mrv.schemas_life import LIFE_MEASURED, LIFE_RECEIVED

__all__ = ["AREA_UM2", "DATASETS", "FACTOR", "HECTARES", "TIMESTAMP", "Dataset"]

# fmt: off
_ALL = (
    # --- received ---------------------------------------------------------------------------------------------
    dataset("fires", "One row per active fire detection.", "fire_id", {
        "fire_id": "str", "acquired_at_utc": "timestamp", "acquired_on_utc": "date", "latitude": "float", "longitude": "float",
        "satellite": "str", "instrument": "str", "confidence": "str?", "confidence_raw": "str?", "brightness_k": "float?",
        "frp_mw": "float?", "daynight": "str?", "version": "str?", "near_real_time": "bool", "fire_type": "int?",
    }, traced=True),
    dataset("scenes", "One row per composite and scene that its search found: whether its pixels are used, and if not, why.",
             "composite_id scene_id collection", {
        "composite_id": "str", "scene_id": "str", "collection": "str", "source": "str", "platform": "str?",
        "acquired_at_utc": "timestamp", "acquired_on_utc": "date", "tile": "str?", "cloud_percent": "factor?",
        "processing_version": "str?", "processed_at_utc": "timestamp?", "offset_applied": "bool?", "reflectance_scale": "factor?",
        "reflectance_offset": "factor?", "used": "bool", "reason_not_used": "str?", "item_sha256": "str",
    }, traced=True),
    dataset("sample_designs", "One row per frozen sample design.", "design_id", {
        "design_id": "str", "design_sha256": "str", "period_id": "str", "draw": "str", "seed": "int", "spacing_pixels": "int?",
        "first_year": "int", "last_year": "int", "product": "str", "product_version": "str", "loss_buffer_pixels": "int",
        "finite_population_correction": "bool", "step_count": "int", "unit_count": "int", "pixel_count": "int", "area_um2": "um2",
        "unobserved_area_um2": "um2", "map_sha256": "str", "specification": "str",
    }, traced=True),
    dataset("sample_strata", "One row per stratum of a sample design, as it was when the units were drawn.", "design_id stratum_id", {
        "design_id": "str", "stratum_id": "str", "stratum_class": "str", "map_class": "str", "zone_id": "str?",
        "carbon_stratum_id": "str?", "pixel_count": "int", "area_um2": "um2", "drawn_count": "int",
    }, traced=True),
    dataset("sample_units", "One row per unit of a sample design, as it was drawn.", "design_id unit_id", {
        "design_id": "str", "unit_id": "str", "step": "int", "stratum_id": "str", "zone_id": "str", "carbon_stratum_id": "str",
        "map_class": "str", "map_loss_year": "int?", "inclusion_probability": "float", "pixel_row": "int", "pixel_column": "int",
        "longitude": "float", "latitude": "float", "area_um2": "um2",
    }, traced=True),
    dataset("sample_labels", "One row per unit and interpreter: what was seen. Interpreters have codes, not names.",
             "design_id unit_id role interpreter", {
        "design_id": "str", "unit_id": "str", "role": "str", "interpreter": "str", "label": "str", "usable": "bool",
        "reference_class": "str?", "loss_year": "int?", "forest_t1": "bool?", "forest_t2": "bool?", "forest_t3": "bool?",
        "confidence": "str?", "image_before_id": "str?", "image_before_date": "float?", "image_after_id": "str?",
        "image_after_date": "float?", "labelled_on": "date?", "reason": "str?",
    }, traced=True),
    # --- declared by the project ------------------------------------------------------------------------------
    dataset("project", "One row: the project, its period and the choices that the ledger needs.", "project_id", {
        "project_id": "str", "project_name": "str", "period_id": "str", "period_start": "date", "period_end": "date",
        "crediting_start": "date", "crediting_end": "date", "rule_set": "str", "emission_factor_method": "str",
        "illustrative": "bool", "simulated": "bool", "min_group": "int",
    }),
    dataset("vintages", "One row per vintage of the monitoring period.", "vintage_year", {
        "vintage_year": "int", "vintage_start": "date", "vintage_end": "date", "days": "int", "days_in_year": "int",
    }),
    dataset("zones", "One row per zone of the boundaries.", "zone_id", {
        "zone_id": "str", "kind": "str", "zone_name": "str", "partner": "str?", "boundary_version": "str", "area_ha": "ha",
        "illustrative": "bool", "boundary_sha256": "str",
    }),
    dataset("baseline_activity", "One row per baseline version, zone, stratum and year: area deforested without the project.",
             "baseline_version zone_id stratum_id year", {
        "baseline_version": "str", "zone_id": "str", "stratum_id": "str", "year": "int", "area_ha": "ha",
    }),
    dataset("carbon_pools", "One row per stratum, state and pool: where its stock comes from.", "stratum_id state pool", {
        "stratum_id": "str", "state": "str", "pool": "str", "method": "str", "stock_tc_ha": "factor?", "parameter_id": "str?",
        "source": "str?",
    }),
    dataset("parameters", "One row per parameter in force for the period.", "parameter_id", {
        "parameter_id": "str", "rule_set": "str", "name": "str", "value": "factor?", "choice": "str?", "unit": "str",
        "standard": "str", "document": "str", "version": "str", "section": "str", "valid_from": "date?", "valid_to": "date?",
        "status": "str", "confirmed_by": "str?", "confirmed_on": "date?", "confirmed_in": "str?", "note": "str?", "declared_by": "str",
    }),
    *ACCOUNTING_DECLARED,
    *ACCOUNTING_RECEIVED,
    *ACCOUNTING_MEASURED,
    *FIELD_RECEIVED,
    *LIFE_RECEIVED,
    # --- measured by the platform -----------------------------------------------------------------------------
    dataset("land_cover_area", "One row per zone, stratum, cover class at the product's start and loss year (null: not lost).",
             "zone_id stratum_id cover_class loss_year", {
        "zone_id": "str", "stratum_id": "str", "cover_class": "str", "loss_year": "int?", "pixel_rule": "str",
        "pixel_count": "int", "area_um2": "um2",
        "product": "str", "product_version": "str", "base_year": "int", "last_year": "int",
    }),
    dataset("zone_pixels", "One row per zone and product grid: what the zone takes of the grid before any class is looked at.",
             "zone_id product product_version", {
        "zone_id": "str", "product": "str", "product_version": "str", "pixel_rule": "str", "pixel_count": "int", "area_um2": "um2",
        "nominal_area_um2": "um2?",
    }),
    dataset("pixel_emissions", "One row per zone, stratum and loss year: emission raster summed over lost forest pixels.",
             "zone_id stratum_id loss_year", {
        "zone_id": "str", "stratum_id": "str", "loss_year": "int", "pixel_count": "int", "emissions_g": "um2", "product": "str",
        "product_version": "str",
    }),
    dataset("alert_area", "One row per zone, alert product, day and confidence: area with an alert.",
             "zone_id product alert_date confidence", {
        "zone_id": "str", "product": "str", "product_version": "str", "retrieved_on": "date", "alert_date": "date",
        "confidence": "str", "pixel_count": "int", "area_um2": "um2", "pixel_rule": "str",
    }),
    dataset("alert_clusters", "One row per cluster of connected alerts of near dates.", "cluster_id", {
        "cluster_id": "str", "product": "str", "product_version": "str", "retrieved_on": "date", "first_alert": "date",
        "last_alert": "date", "confidence": "str", "pixel_count": "int", "area_um2": "um2", "low_area_um2": "um2",
        "high_area_um2": "um2", "longitude": "float", "latitude": "float", "geometry": "str",
    }),
    dataset("alert_cluster_zones", "One row per cluster of alerts and zone that holds a part of it.", "cluster_id zone_id", {
        "cluster_id": "str", "zone_id": "str", "area_um2": "um2", "low_area_um2": "um2", "high_area_um2": "um2",
    }),
    dataset("alert_clusters_left_out", "One row per alert product and zone: its clusters below the least area.", "product zone_id", {
        "product": "str", "zone_id": "str", "cluster_count": "int", "area_um2": "um2", "min_cluster_area_ha": "ha",
    }),
    dataset("alert_coverage", "One row per alert product and span of days that its files in use can show; the last before the first: none.",
             "product first_day", {
        "product": "str", "product_version": "str", "first_day": "date", "last_day": "date",
    }),
    dataset("alert_retrievals", "One row per retrieval of a file of an alert product for the period.",
             "product address sha256", {
        "product": "str", "product_version": "str", "layer": "str", "series": "str", "address": "str", "retrieved_on": "date",
        "sha256": "str", "in_use": "bool", "frozen": "bool", "freeze_after_days": "int", "day_convention": "str", "confidences": "str",
    }),
    dataset("alert_changes", "One row per file of an alert product, pair of successive retrievals and confidence: what vanished.",
             "product series retrieved_before retrieved_after sha256_after confidence", {
        "product": "str", "product_version": "str", "series": "str", "retrieved_before": "date", "retrieved_after": "date",
        "sha256_before": "str", "sha256_after": "str", "confidence": "str", "gone_pixel_count": "int", "gone_area_um2": "um2",
        "new_pixel_count": "int", "new_area_um2": "um2",
    }),
    dataset("fire_events", "One row per fire detection: the fire that it tells of, and the rule that says so.", "fire_id", {
        "fire_id": "str", "event_id": "str", "is_primary": "bool", "duplicate_of": "str?", "rule": "str", "is_vegetation": "bool",
    }),
    dataset("fire_coverage", "One row per source, collection and day of the period on which it would have shown fires.",
             "source collection observed_on", {
        "source": "str", "collection": "str", "observed_on": "date", "basis": "str",
    }),
    dataset("class_area", "One row per zone, stratum, class layer, year (null: the layer shows none) and class (null: not observed).",
             "zone_id stratum_id product layer year class_code", {
        "zone_id": "str", "stratum_id": "str", "product": "str", "product_version": "str", "layer": "str", "year": "int?",
        "class_code": "int?", "class_name_en": "str?", "class_name_es": "str?", "pixel_rule": "str", "area_basis": "str",
        "pixel_count": "int", "area_um2": "um2", "nominal_area_um2": "um2?",
    }),
    dataset("class_transition", "One row per zone, stratum, class layer, pair of years and pair of classes (null: not observed).",
             "zone_id stratum_id product layer year_from year_to class_from class_to", {
        "zone_id": "str", "stratum_id": "str", "product": "str", "product_version": "str", "layer": "str", "year_from": "int",
        "year_to": "int", "class_from": "int?", "class_to": "int?", "transition_code": "int?", "class_from_name_en": "str?",
        "class_from_name_es": "str?", "class_to_name_en": "str?", "class_to_name_es": "str?", "pixel_rule": "str", "area_basis": "str",
        "pixel_count": "int", "area_um2": "um2", "nominal_area_um2": "um2?",
    }),
    dataset("zone_statistics", "One row per zone, stratum, layer of measured values and year (null: the layer shows none).",
             "zone_id stratum_id product layer first_day", {
        "zone_id": "str", "stratum_id": "str", "product": "str", "product_version": "str", "layer": "str", "first_day": "date?",
        "last_day": "date?", "unit": "str", "pixel_rule": "str", "pixel_count": "int", "area_um2": "um2", "nodata_area_um2": "um2",
        "mean": "factor?", "minimum": "factor?", "maximum": "factor?", "step": "factor",
    }),
    dataset("fire_zones", "One row per fire detection and zone that holds it.", "fire_id zone_id", {"fire_id": "str", "zone_id": "str"}),
    dataset("vegetation_change", "One row per zone, vegetation index and pair of composites: means over the pixels clear in both.",
             "zone_id vegetation_index before_id after_id", {
        "zone_id": "str", "vegetation_index": "str", "source": "str", "before_id": "str", "after_id": "str", "before_first_day": "date?",
        "before_last_day": "date?", "after_first_day": "date?", "after_last_day": "date?", "mean_before": "factor?",
        "mean_after": "factor?", "mean_change": "factor?", "clear_pixel_count": "int", "clear_area_um2": "um2",
        "zone_pixel_count": "int", "zone_area_um2": "um2",
    }),
    dataset("loss_patches", "One row per patch of lost forest and zone and stratum that takes a part of it.", "patch_id zone_id stratum_id", {
        "patch_id": "str", "zone_id": "str", "stratum_id": "str", "product": "str", "product_version": "str", "loss_year": "int",
        "pixel_count": "int", "area_um2": "um2", "patch_pixel_count": "int", "patch_area_um2": "um2", "is_whole": "bool",
        "longitude": "float", "latitude": "float", "elongation": "factor", "distance_to_road_m": "factor?",
        "distance_to_river_m": "factor?", "distance_to_settlement_m": "factor?", "distance_to_earlier_loss_m": "factor?",
        "driver_hint": "str", "driver_rule": "str", "unjudged_rules": "str?", "reviewer_label": "str?", "reviewed_by": "str?", "reviewed_on": "date?",
        "label_illustrative": "bool?", "reason": "str?",
    }),
    dataset("driver_rules", "One row per rule for driver hints, in their order.", "position", {
        "rule_id": "str", "position": "int", "driver_hint": "str", "conditions": "str", "note_en": "str", "note_es": "str",
        "reference": "str", "rules_version": "str",
    }),
    dataset("patch_labels", "One row per patch that a reviewer labelled, and whether the period has it.", "patch_id", {
        "patch_id": "str", "reviewer_label": "str", "reviewed_by": "str", "reviewed_on": "date", "illustrative": "bool",
        "status": "str",
    }),
    dataset("fragmentation", "One row per zone and year: the shape of its forest at the end of the year.", "zone_id year", {
        "zone_id": "str", "year": "int", "product": "str", "product_version": "str", "edge_depth_m": "int", "forest_area_um2": "um2",
        "core_area_um2": "um2", "edge_length_um": "um2", "patch_count": "int", "patch_count_min_area": "int",
        "largest_patch_area_um2": "um2", "min_area_um2": "um2", "below_min_area_um2": "um2",
    }),
    dataset("sample_reference", "One row per unit of a sample design: the label that counts, and how it came about.",
             "design_id unit_id", {
        "design_id": "str", "unit_id": "str", "outcome": "str", "reference_class": "str?", "loss_year": "int?",
        "transition_class": "int?", "label_count": "int", "resolved_by": "str?", "confidence": "str?",
        "image_before_date": "float?", "image_after_date": "float?", "reason": "str?",
    }),
    dataset("interpreter_agreement", "One row per pair of interpreters: how often they agree on the same units.",
             "design_id interpreter_a interpreter_b", {
        "design_id": "str", "interpreter_a": "str", "interpreter_b": "str", "unit_count": "int", "agreed_count": "int",
        "agreement": "factor", "kappa": "factor?", "reason": "str?",
    }),
    dataset("area_estimates", "One row per sampled zone (*: all), reference class and year of loss (null: all years): area by the sample.",
             "design_id zone_id reference_class loss_year", {
        "design_id": "str", "zone_id": "str", "reference_class": "str", "loss_year": "int?", "estimator": "str",
        "unit_count": "int", "class_unit_count": "int", "degrees_of_freedom": "int?", "frame_area_ha": "ha?", "map_area_ha": "ha?",
        "area_ha": "ha?", "se_ha": "ha?", "ci90_half_width_ha": "ha?", "ci95_half_width_ha": "ha?", "t_two_sided_90": "factor?",
        "mpl_years": "factor?", "area_ha_per_year": "ha?", "unseen_upper95_ha": "ha?", "reason": "str?",
    }),
    dataset("map_accuracy", "One row per sampled zone (*: all), measure of accuracy and class (*: all classes).",
             "design_id zone_id measure map_class", {
        "design_id": "str", "zone_id": "str", "measure": "str", "map_class": "str", "unit_count": "int", "accuracy": "factor?",
        "se": "factor?", "ci90_half_width": "factor?", "ci95_half_width": "factor?", "reason": "str?",
    }),
    dataset("error_matrix", "One row per sampled zone (*: all), map class and reference class: units, and the area they stand for.",
             "design_id zone_id map_class reference_class", {
        "design_id": "str", "zone_id": "str", "map_class": "str", "reference_class": "str", "unit_count": "int",
        "area_share": "factor?",
    }),
    *FIELD_MEASURED,
    *LIFE_MEASURED,
    # --- evidence ---------------------------------------------------------------------------------------------
    dataset("artifacts", "One row per file that the period used.", "dataset address sha256", {
        "sha256": "str", "dataset": "str", "source": "str", "product": "str", "version": "str?", "address": "str", "bytes": "int",
        "media_type": "str", "last_modified": "str?", "licence": "str", "citation": "str", "simulated": "bool",
    }),
    dataset("batches", "One row per landed dataset: how many rows were read, accepted and quarantined.", "dataset", {
        "dataset": "str", "rows_read": "int", "rows_accepted": "int", "rows_quarantined": "int",
    }),
    dataset("repairs", "One row per file, column and rule by which received values were put right.", "dataset artifact column_name rule", {
        "dataset": "str", "artifact": "str", "column_name": "str", "rule": "str", "value_count": "int", "first_row": "int",
    }),
    dataset("check_results", "One row per check of a landed dataset.", "dataset rule", {
        "dataset": "str", "rule": "str", "severity": "str", "description": "str", "outcome": "str", "rows_evaluated": "int",
        "rows_failed": "int", "observed": "str?", "waived_by": "str?", "waiver_reason": "str?",
    }),
    dataset("quarantine", "One row per quarantined row and rule.", "dataset artifact row rule", {
        "dataset": "str", "artifact": "str", "row": "int", "rule": "str", "severity": "str", "reason": "str", "record": "str?~",
    }),
)
# fmt: on

DATASETS: Mapping[str, Dataset] = {declared.name: declared for declared in _ALL}
