"""Every rule of every suite: sound rows pass it, and one spoilt row fails it and goes where its severity says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import inf, nan
from typing import Any

import pyarrow as pa
import pytest

from expectations.runner import check
from expectations.suites import FOLDER, load_suite
from mrv.schemas import DATASETS
from tests.unit.expectations import (
    account_rows,
    animal_rows,
    patrol_rows,
    people_rows,
    place_rows,
    pool_rows,
    registry_rows,
    tree_rows,
)

DATASET_NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))

# What is done to the second of three sound rows, and the rule that must notice.
SPOILT: list[tuple[str, str, dict[str, Any]]] = [
    ("fires", "fire_unique", {"fire_id": "f1"}),
    ("fires", "date_in_window", {"acquired_on_utc": date(2017, 12, 31)}),
    ("fires", "latitude_in_bounds", {"latitude": -77.0}),
    ("fires", "longitude_in_bounds", {"longitude": 77.0}),
    ("fires", "confidence_known", {"confidence": "55"}),
    ("fires", "frp_not_negative", {"frp_mw": -1.0}),
    ("fires", "numbers_finite", {"brightness_k": nan}),
    ("fires", "required_present", {"satellite": None}),
    ("plots", "plot_census_unique", {"plot_id": "p1"}),
    ("plots", "census_date_present", {"census_date": None}),
    ("plots", "date_in_window", {"census_date": date(2024, 7, 1)}),
    ("plots", "area_plausible", {"area_ha": 0.0}),
    ("plots", "area_plausible", {"area_ha": 5000.0}),
    ("plots", "slope_plausible", {"slope_percent": -10.0}),
    ("plots", "latitude_in_bounds", {"latitude": 7.0}),
    ("plots", "longitude_in_bounds", {"longitude": -7.0}),
    ("plots", "submission_approved", {"validation_status": "validation_status_not_approved"}),
    ("plots", "submission_approved", {"validation_status": "validation_status_on_hold"}),
    ("plots", "plot_area_usual", {"area_ha": 0.09}),
    ("plots", "latitude_given", {"latitude": None}),
    ("plots", "longitude_given", {"longitude": None}),
    ("plots", "plot_in_stratum", {"_artifact": "misplaced"}),
    ("plots", "numbers_finite", {"area_ha": inf}),
    ("plots", "required_present", {"census_id": None}),
    ("trees", "plot_exists", {"plot_id": "p9"}),
    ("trees", "plot_quarantined", {"plot_id": "p2", "submission_id": "s2"}),
    ("trees", "tree_unique", {"tree_id": "1"}),
    ("trees", "dbh_in_range", {"dbh_cm": 452.0}),
    ("trees", "dbh_in_range", {"dbh_cm": 9.9}),
    ("trees", "height_in_range", {"height_m": 98.4}),
    ("trees", "height_in_range", {"height_m": 1.0}),
    ("trees", "status_known", {"status": "vivo"}),
    ("trees", "status_given", {"status": None}),
    ("trees", "genus_given", {"genus": None}),
    ("trees", "numbers_finite", {"height_m": nan}),
    ("trees", "required_present", {"dbh_cm": None}),
    ("heights", "sample_unique", {"sample_id": "1"}),
    ("heights", "dbh_in_range", {"dbh_cm": 452.0}),
    ("heights", "height_in_range", {"height_m": 98.4}),
    ("heights", "numbers_finite", {"dbh_cm": -inf}),
    ("heights", "required_present", {"dbh_cm": None}),
    ("wood_density", "level_known", {"level": "order"}),
    ("wood_density", "taxon_unique", {"species": "edulis1"}),
    ("wood_density", "density_in_range", {"wood_density_g_cm3": 520.0}),
    ("wood_density", "sd_plausible", {"sd_g_cm3": 40.0}),
    ("wood_density", "numbers_finite", {"wood_density_g_cm3": nan}),
    ("wood_density", "required_present", {"level": None}),
    ("name_resolution", "name_unique", {"species": "edulis1"}),
    ("name_resolution", "genus_resolved", {"genus_accepted": None}),
    ("name_resolution", "required_present", {"genus": None}),
    ("zones", "zone_unique", {"zone_id": "z1"}),
    ("zones", "area_positive", {"area_ha": Decimal(0)}),
    ("zones", "kind_known", {"kind": "park"}),
    ("zones", "required_present", {"boundary_sha256": None}),
    ("baseline_activity", "baseline_unique", {"zone_id": "z1"}),
    ("baseline_activity", "area_not_negative", {"area_ha": Decimal("-0.000001")}),
    ("baseline_activity", "year_plausible", {"year": 3}),
    ("baseline_activity", "required_present", {"area_ha": None}),
    ("carbon_pools", "pool_unique", {"stratum_id": "s1"}),
    ("carbon_pools", "state_known", {"state": "pasture"}),
    ("carbon_pools", "pool_known", {"pool": "roots"}),
    ("carbon_pools", "method_known", {"method": "guess"}),
    ("carbon_pools", "stock_plausible", {"stock_tc_ha": Decimal(1001)}),
    ("carbon_pools", "required_present", {"method": None}),
    ("land_cover_area", "area_unique", {"zone_id": "z1"}),
    ("land_cover_area", "cover_class_known", {"cover_class": "water"}),
    ("land_cover_area", "area_not_negative", {"area_um2": Decimal(-1)}),
    ("land_cover_area", "pixel_count_not_negative", {"pixel_count": -1}),
    ("land_cover_area", "loss_year_in_product", {"loss_year": 2025}),
    ("land_cover_area", "loss_year_in_product", {"loss_year": 2000}),
    ("land_cover_area", "required_present", {"area_um2": None}),
    ("land_cover_area", "pixel_rule_known", {"pixel_rule": "touched"}),
    ("zone_pixels", "zone_unique", {"zone_id": "z1"}),
    ("zone_pixels", "pixel_rule_known", {"pixel_rule": "by_size"}),
    ("zone_pixels", "pixels_positive", {"pixel_count": 0}),
    ("zone_pixels", "area_positive", {"area_um2": Decimal(0)}),
    ("zone_pixels", "required_present", {"area_um2": None}),
    ("pixel_emissions", "emission_unique", {"zone_id": "z1"}),
    ("pixel_emissions", "emissions_not_negative", {"emissions_g": Decimal(-1)}),
    ("pixel_emissions", "pixel_count_not_negative", {"pixel_count": -1}),
    ("pixel_emissions", "loss_year_in_product", {"loss_year": 2025}),
    ("pixel_emissions", "required_present", {"emissions_g": None}),
    ("fire_events", "fire_unique", {"fire_id": "f1"}),
    ("fire_events", "rule_known", {"rule": "a guess"}),
    ("fire_events", "required_present", {"event_id": None}),
    ("loss_patches", "part_unique", {"patch_id": "GFC-2024-v1.12-2022-347000-412001"}),
    ("loss_patches", "part_has_pixels", {"pixel_count": 0}),
    ("loss_patches", "area_positive", {"area_um2": Decimal(-1)}),
    ("loss_patches", "patch_area_positive", {"patch_area_um2": Decimal(0)}),
    ("loss_patches", "loss_year_in_product", {"loss_year": 2025}),
    ("loss_patches", "driver_hint_known", {"driver_hint": "no_loss"}),
    ("loss_patches", "road_distance_not_negative", {"distance_to_road_m": Decimal(-1)}),
    ("loss_patches", "river_distance_not_negative", {"distance_to_river_m": Decimal(-1)}),
    ("loss_patches", "settlement_distance_not_negative", {"distance_to_settlement_m": Decimal(-1)}),
    ("loss_patches", "earlier_loss_distance_not_negative", {"distance_to_earlier_loss_m": Decimal(-1)}),
    ("loss_patches", "elongation_from_one", {"elongation": Decimal("0.9")}),
    ("loss_patches", "numbers_finite", {"longitude": nan}),
    ("loss_patches", "required_present", {"driver_rule": None}),
    ("driver_rules", "rule_unique", {"rule_id": "rule_1"}),
    ("driver_rules", "rule_hint_known", {"driver_hint": "aliens"}),
    ("driver_rules", "required_present", {"reference": None}),
    ("patch_labels", "label_unique", {"patch_id": "p1"}),
    ("patch_labels", "label_known", {"reviewer_label": "not_reviewed"}),
    ("patch_labels", "label_has_its_patch", {"status": "unknown"}),
    ("patch_labels", "required_present", {"reviewed_by": None}),
    ("class_area", "class_unique", {"zone_id": "z1"}),
    ("class_area", "zone_known", {"zone_id": "z9"}),
    ("class_area", "pixel_rule_known", {"pixel_rule": "by_size"}),
    ("class_area", "area_basis_known", {"area_basis": "planar"}),
    ("class_area", "pixel_count_positive", {"pixel_count": 0}),
    ("class_area", "area_not_negative", {"area_um2": Decimal(-1)}),
    ("class_area", "nominal_area_not_negative", {"nominal_area_um2": Decimal(-1)}),
    ("class_area", "required_present", {"area_um2": None}),
    ("class_transition", "transition_unique", {"zone_id": "z1"}),
    ("class_transition", "zone_known", {"zone_id": "z9"}),
    ("class_transition", "pixel_rule_known", {"pixel_rule": "by_size"}),
    ("class_transition", "area_basis_known", {"area_basis": "planar"}),
    ("class_transition", "years_in_order", {"year_to": 2010}),
    ("class_transition", "pixel_count_positive", {"pixel_count": 0}),
    ("class_transition", "area_not_negative", {"area_um2": Decimal(-1)}),
    ("class_transition", "nominal_area_not_negative", {"nominal_area_um2": Decimal(-1)}),
    ("class_transition", "required_present", {"year_from": None}),
    ("zone_statistics", "statistics_unique", {"zone_id": "z1"}),
    ("zone_statistics", "zone_known", {"zone_id": "z9"}),
    ("zone_statistics", "pixel_rule_known", {"pixel_rule": "by_size"}),
    ("zone_statistics", "pixel_count_not_negative", {"pixel_count": -1}),
    ("zone_statistics", "area_not_negative", {"area_um2": Decimal(-1)}),
    ("zone_statistics", "nodata_area_not_negative", {"nodata_area_um2": Decimal(-1)}),
    ("zone_statistics", "step_positive", {"step": Decimal(0)}),
    ("zone_statistics", "required_present", {"unit": None}),
    ("fragmentation", "zone_year_unique", {"zone_id": "z1"}),
    ("fragmentation", "forest_area_not_negative", {"forest_area_um2": Decimal(-1)}),
    ("fragmentation", "core_area_not_negative", {"core_area_um2": Decimal(-1)}),
    ("fragmentation", "edge_length_not_negative", {"edge_length_um": Decimal(-1)}),
    ("fragmentation", "patch_not_negative", {"patch_count": -1}),
    ("fragmentation", "largest_patch_area_not_negative", {"largest_patch_area_um2": Decimal(-1)}),
    ("fragmentation", "core_within_forest", {"core_area_um2": Decimal(10**21)}),
    ("fragmentation", "patch_within_forest", {"largest_patch_area_um2": Decimal(10**21)}),
    ("fragmentation", "below_min_area_not_negative", {"below_min_area_um2": Decimal(-1)}),
    ("fragmentation", "below_min_area_within_forest", {"below_min_area_um2": Decimal(10**21)}),
    ("fragmentation", "patch_min_area_not_negative", {"patch_count_min_area": -1}),
    ("fragmentation", "patches_min_area_within_patches", {"patch_count_min_area": 4}),
    ("fragmentation", "required_present", {"edge_length_um": None}),
    ("alert_area", "alert_area_unique", {"zone_id": "z1"}),
    ("alert_area", "zone_known", {"zone_id": "z9"}),
    ("alert_area", "confidence_known", {"confidence": "nominal"}),
    ("alert_area", "pixels_positive", {"pixel_count": 0}),
    ("alert_area", "area_positive", {"area_um2": Decimal(0)}),
    ("alert_area", "required_present", {"retrieved_on": None}),
    ("alert_clusters", "cluster_unique", {"cluster_id": "gfw_integrated_alerts-r870000-c1028601-20200801"}),
    ("alert_clusters", "first_in_period", {"first_alert": date(2017, 12, 31)}),
    ("alert_clusters", "last_in_period", {"last_alert": date(2024, 7, 1)}),
    ("alert_clusters", "confidence_known", {"confidence": "nominal"}),
    ("alert_clusters", "pixels_positive", {"pixel_count": 0}),
    ("alert_clusters", "area_positive", {"area_um2": Decimal(0)}),
    ("alert_clusters", "numbers_finite", {"latitude": nan}),
    ("alert_clusters", "required_present", {"geometry": None}),
    ("alert_cluster_zones", "cluster_zone_unique", {"cluster_id": "gfw_integrated_alerts-r870000-c1028601-20200801"}),
    ("alert_cluster_zones", "zone_known", {"zone_id": "z9"}),
    ("alert_cluster_zones", "area_positive", {"area_um2": Decimal(0)}),
    ("alert_cluster_zones", "required_present", {"cluster_id": None}),
    (
        "alert_retrievals",
        "retrieval_unique",
        {"address": "gfw_integrated_alerts/latest/date_conf/00N_080W/2018-01-01..2024-06-30/retrieved-2024-07-01"},
    ),
    ("alert_retrievals", "required_present", {"sha256": None}),
    ("alert_clusters_left_out", "left_out_unique", {"zone_id": "z1"}),
    ("alert_clusters_left_out", "zone_known", {"zone_id": "z9"}),
    ("alert_clusters_left_out", "area_not_negative", {"area_um2": Decimal(-1)}),
    ("alert_clusters_left_out", "required_present", {"cluster_count": None}),
    ("alert_coverage", "alert_span_unique", {"product": "alerts_1"}),
    ("alert_coverage", "required_present", {"last_day": None}),
    ("fire_coverage", "fire_day_unique", {"collection": "VIIRS_1"}),
    ("fire_coverage", "day_in_period", {"observed_on": date(2024, 7, 1)}),
    ("fire_coverage", "required_present", {"basis": None}),
    ("alert_changes", "change_unique", {"series": "series 1"}),
    ("alert_changes", "confidence_known", {"confidence": "nominal"}),
    ("alert_changes", "gone_not_negative", {"gone_area_um2": Decimal(-1)}),
    ("alert_changes", "new_not_negative", {"new_area_um2": Decimal(-1)}),
    ("alert_changes", "required_present", {"sha256_before": None}),
    ("fire_zones", "fire_zone_unique", {"fire_id": "f1"}),
    ("fire_zones", "required_present", {"zone_id": None}),
    ("scenes", "scene_unique", {"scene_id": "S2A_18MUS_20230701_0_L2A"}),
    ("scenes", "no_scene_refused", {"reason_not_used": "refused: it has no asset scl or SCL or SCL_20m"}),
    ("scenes", "required_present", {"item_sha256": None}),
    ("vegetation_change", "change_unique", {"zone_id": "z1"}),
    ("vegetation_change", "index_known", {"vegetation_index": "evi"}),
    ("vegetation_change", "mean_before_in_range", {"mean_before": Decimal("1.1")}),
    ("vegetation_change", "mean_after_in_range", {"mean_after": Decimal("-1.1")}),
    ("vegetation_change", "mean_change_in_range", {"mean_change": Decimal("2.5")}),
    ("vegetation_change", "clear_pixels_not_negative", {"clear_pixel_count": -1}),
    ("vegetation_change", "zone_has_pixels", {"zone_pixel_count": 0}),
    ("vegetation_change", "required_present", {"clear_area_um2": None}),
    ("stratum_biomass", "stratum_unique", {"stratum_id": "s1"}),
    ("stratum_biomass", "agb_plausible", {"agb_mg_ha": Decimal(1001)}),
    ("stratum_biomass", "interval_known", {"plot_count": 1}),
    ("stratum_biomass", "precision_reached", {"precision90_percent": Decimal("10.57")}),
    ("stratum_biomass", "required_present", {"agb_mg_ha": None}),
    ("sample_designs", "required_present", {"design_sha256": None}),
    ("sample_designs", "design_unique", {"design_id": "cover1"}),
    ("sample_designs", "draw_known", {"draw": "by_hand"}),
    ("sample_designs", "units_drawn", {"unit_count": 0}),
    ("sample_designs", "frame_has_pixels", {"pixel_count": 0}),
    ("sample_designs", "unobserved_not_negative", {"unobserved_area_um2": Decimal(-1)}),
    ("sample_strata", "required_present", {"map_class": None}),
    ("sample_strata", "stratum_unique", {"stratum_id": "z1.loss_buffer.1"}),
    ("sample_strata", "stratum_class_known", {"stratum_class": "water"}),
    ("sample_strata", "map_class_known", {"map_class": "loss_buffer"}),
    ("sample_strata", "stratum_has_pixels", {"pixel_count": 0}),
    ("sample_strata", "stratum_has_area", {"area_um2": Decimal(0)}),
    ("sample_strata", "drawn_not_negative", {"drawn_count": -1}),
    ("sample_units", "required_present", {"stratum_id": None}),
    ("sample_units", "numbers_finite", {"inclusion_probability": nan}),
    ("sample_units", "unit_unique", {"unit_id": "cover-00001"}),
    ("sample_units", "probability_in_range", {"inclusion_probability": 0.0}),
    ("sample_units", "probability_in_range", {"inclusion_probability": 1.5}),
    ("sample_units", "map_class_known", {"map_class": "loss_buffer"}),
    ("sample_units", "zone_known", {"zone_id": "z9"}),
    ("sample_units", "unit_has_area", {"area_um2": Decimal(0)}),
    ("sample_units", "latitude_in_bounds", {"latitude": 7.0}),
    ("sample_units", "longitude_in_bounds", {"longitude": 77.0}),
    ("sample_labels", "required_present", {"interpreter": None}),
    ("sample_labels", "numbers_finite", {"image_after_date": inf}),
    ("sample_labels", "label_unique", {"unit_id": "cover-00001"}),
    ("sample_labels", "unit_known", {"unit_id": "cover-00009"}),
    ("sample_labels", "role_known", {"role": "reviewer"}),
    ("sample_labels", "class_in_legend", {"reference_class": "water"}),
    ("sample_labels", "image_before_near", {"image_before_date": 2020.9}),
    ("sample_labels", "image_before_near", {"image_before_date": 2023.1}),
    ("sample_labels", "image_after_near", {"image_after_date": 2026.1}),
    ("sample_labels", "image_after_near", {"image_after_date": 2023.9}),
    ("sample_labels", "image_before_dated", {"image_before_date": None}),
    ("sample_labels", "image_after_dated", {"image_after_date": None}),
    ("sample_reference", "unit_unique", {"unit_id": "cover-00001"}),
    ("sample_reference", "outcome_known", {"outcome": "guessed"}),
    ("sample_reference", "class_in_legend", {"reference_class": "water"}),
    ("sample_reference", "transition_in_range", {"transition_class": 9}),
    ("sample_reference", "labels_not_negative", {"label_count": -1}),
    ("sample_reference", "unit_settled", {"outcome": "open"}),
    ("sample_reference", "numbers_finite", {"image_after_date": nan}),
    ("sample_reference", "required_present", {"outcome": None}),
    ("interpreter_agreement", "pair_unique", {"interpreter_b": "interpreter-1"}),
    ("interpreter_agreement", "pair_has_units", {"unit_count": 0}),
    ("interpreter_agreement", "agreed_within_units", {"agreed_count": 101}),
    ("interpreter_agreement", "agreement_in_range", {"agreement": Decimal("1.1")}),
    ("interpreter_agreement", "kappa_in_range", {"kappa": Decimal("-1.1")}),
    ("interpreter_agreement", "kappa_substantial", {"kappa": Decimal("0.59")}),
    ("interpreter_agreement", "required_present", {"agreement": None}),
    ("area_estimates", "estimate_unique", {"zone_id": "z1"}),
    ("area_estimates", "class_in_legend", {"reference_class": "water"}),
    ("area_estimates", "estimator_known", {"estimator": "count"}),
    ("area_estimates", "area_not_negative", {"area_ha": Decimal(-1)}),
    ("area_estimates", "error_not_negative", {"se_ha": Decimal(-1)}),
    ("area_estimates", "map_area_not_negative", {"map_area_ha": Decimal(-1)}),
    ("area_estimates", "intervals_in_order", {"ci90_half_width_ha": Decimal(30)}),
    ("area_estimates", "unseen_not_negative", {"unseen_upper95_ha": Decimal(-1)}),
    ("area_estimates", "mpl_plausible", {"mpl_years": Decimal(-1)}),
    ("area_estimates", "required_present", {"estimator": None}),
    ("map_accuracy", "accuracy_unique", {"zone_id": "z1"}),
    ("map_accuracy", "measure_known", {"measure": "kappa"}),
    ("map_accuracy", "accuracy_in_range", {"accuracy": Decimal("1.1")}),
    ("map_accuracy", "error_not_negative", {"se": Decimal("-0.1")}),
    ("map_accuracy", "required_present", {"map_class": None}),
    ("error_matrix", "cell_unique", {"zone_id": "z1"}),
    ("error_matrix", "map_class_known", {"map_class": "loss_buffer"}),
    ("error_matrix", "reference_class_known", {"reference_class": "water"}),
    ("error_matrix", "units_not_negative", {"unit_count": -1}),
    ("error_matrix", "share_in_range", {"area_share": Decimal("1.1")}),
    ("error_matrix", "required_present", {"unit_count": None}),
    *patrol_rows.SPOILT,
    *animal_rows.SPOILT,
    *people_rows.SPOILT,
    *tree_rows.SPOILT,
    *place_rows.SPOILT,
    *pool_rows.SPOILT,
    *registry_rows.SPOILT,
    *account_rows.SPOILT,
]
WHOLE_TABLE = {"columns_present", "rows_present"}


def _outcomes(results: pa.Table) -> dict[str, str]:
    return dict(zip(results["rule"].to_pylist(), results["outcome"].to_pylist(), strict=True))


@pytest.mark.parametrize("dataset", DATASET_NAMES)
def test_sound_rows_pass_every_rule(dataset: str, rows: Any, make_table: Any, parameters: Any) -> None:
    table = make_table(dataset, rows(dataset))
    outcome = check(dataset, table, parameters=parameters)
    assert set(_outcomes(outcome.results).values()) == {"passed"}
    assert outcome.accepted.equals(table)
    assert outcome.quarantine.num_rows == 0


@pytest.mark.parametrize(("dataset", "rule", "change"), SPOILT, ids=[f"{d}-{r}" for d, r, _ in SPOILT])
def test_a_spoilt_row_fails_its_rule(
    dataset: str, rule: str, change: dict[str, Any], rows: Any, make_table: Any, parameters: Any
) -> None:
    listed = rows(dataset)
    listed[1] |= change
    outcome = check(dataset, make_table(dataset, listed), parameters=parameters)
    assert _outcomes(outcome.results)[rule] == "failed"
    severity = next(item.severity for item in load_suite(dataset).expectations if item.meta.rule == rule)
    assert outcome.accepted.num_rows + len(set(outcome.quarantine["row"].to_pylist())) == 3
    if severity == "error":
        [record] = [item for item in outcome.quarantine.to_pylist() if item["rule"] == rule]
        assert (record["row"], record["severity"]) == (2, "error")
        assert outcome.accepted["_row"].to_pylist() == [1, 3]
    else:
        assert outcome.accepted.num_rows == 3


def test_every_rule_of_every_suite_has_a_failing_row() -> None:
    declared = {
        (name, rule.meta.rule) for name in DATASET_NAMES for rule in load_suite(name).expectations if rule.by_row
    }
    assert declared == {(dataset, rule) for dataset, rule, _ in SPOILT}


@pytest.mark.parametrize("dataset", DATASET_NAMES)
def test_an_empty_table_is_noticed(dataset: str, parameters: Any) -> None:
    outcome = check(dataset, DATASETS[dataset].empty(), parameters=parameters)
    outcomes = _outcomes(outcome.results)
    assert outcomes.pop("rows_present") == "failed"
    assert set(outcomes.values()) == {"passed"}
    assert outcome.accepted.num_rows == 0


@pytest.mark.parametrize("dataset", DATASET_NAMES)
def test_a_missing_column_could_not_be_checked(dataset: str, rows: Any, make_table: Any, parameters: Any) -> None:
    suite = load_suite(dataset)
    column = next(
        rule.columns[0]
        for rule in suite.expectations
        if rule.by_row and rule.columns[0] in DATASETS[dataset].schema.names
    )
    table = make_table(dataset, rows(dataset)).drop_columns([column])
    outcome = check(dataset, table, parameters=parameters)
    records = {record["rule"]: record for record in outcome.results.to_pylist()}
    assert records["columns_present"]["outcome"] == "failed"
    assert column in records["columns_present"]["observed"]
    touched = [rule.meta.rule for rule in suite.expectations if column in rule.columns]
    assert touched
    for rule in touched:
        assert (records[rule]["outcome"], records[rule]["severity"]) == ("could_not_check", "critical")
        assert records[rule]["observed"]
    assert outcome.accepted.num_rows == 3


@pytest.mark.parametrize("dataset", DATASET_NAMES)
def test_suites_speak_both_languages_and_name_their_datasets_columns(dataset: str) -> None:
    suite = load_suite(dataset)
    made = {
        "_missing",
        "_not_finite",
        "_plot_key",
        "_census_key",
        "_deployment_key",
        "_origin",
        "_told_by",
        "_span_days",
    }
    for rule in suite.expectations:
        assert rule.meta.description_en != rule.meta.description_es
        assert set(rule.columns) <= made | set(DATASETS[dataset].schema.names)
        assert set(rule.meta.order_by) <= set(DATASETS[dataset].schema.names)
        assert rule.by_row or rule.meta.rule in WHOLE_TABLE
