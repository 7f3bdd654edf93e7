"""Protect: nothing private goes on from here. SQL, maps, snapshot and package start from what this leaves of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from mrv.files import write_parquet
from mrv.privacy import (
    CAMERA_ROWS,
    RECORD_TABLES,
    SET_ASIDE,
    Opened,
    codes_of,
    for_publication,
    for_warehouse,
    is_key,
    privacy_log,
    told_of_set_aside,
)
from mrv.project_life import Privacy
from mrv.schemas import DATASETS
from mrv.stages.check import Checked
from mrv.stages.measure_places import PLOTS, SENSITIVE_RULES, located

PUBLISHED_ROWS = (
    *(
        "fires",
        "fire_zones",
        "fire_events",
        "fire_coverage",
        "alert_area",
        "alert_clusters",
        "alert_cluster_zones",
        "alert_clusters_left_out",
        "alert_coverage",
        "alert_retrievals",
        "alert_changes",
    ),
    *("plots", "trees", "heights", "wood_density", "name_resolution", "baseline_activity"),
    *("dead_wood_pieces", "litter_samples", "soil_samples", "audit_trees"),
    *(
        "carbon_pools",
        "land_cover_area",
        "zone_pixels",
        "pixel_emissions",
        "tree_biomass",
        "plot_biomass",
        "stratum_biomass",
        "scenes",
    ),
    *("plot_pools", "stratum_pools", "landscape_pools", "tree_changes", "plot_changes"),
    *("stratum_changes", "carbon_uncertainty", "measurement_audit", "allometries_used"),
    "vegetation_change",
    *("class_area", "class_transition", "zone_statistics"),
    *("loss_patches", "driver_rules", "patch_labels", "fragmentation"),
    *("sample_designs", "sample_strata", "sample_units", "sample_labels", "sample_reference", "interpreter_agreement"),
    *("area_estimates", "map_accuracy", "error_matrix"),
    *("communities", "activity_records", "consent_steps", "nursery_records", "planting_records", "survival_checks"),
    *("patrol_records", "patrol_events", "patrol_effort", "patrol_days", "patrol_coverage", "patrol_event_days"),
    *("hcv_visits", "camera_effort", "camera_events", "camera_observations"),
    *("species_names", "species_categories", "taxon_matches", "taxon_categories"),
    *("issuances", "issuances_set_aside", "prior_vintages", "loss_events"),
    *("record_zones", "record_cells", "privacy_log", "repairs"),
    *("batches", "check_results", SET_ASIDE),
    *("accounts", "account_parameters", "baseline_versions", "account_activity", "account_stocks", "account_emissions"),
    *("account_burnt_areas", "account_area_samples", "leakage_measures", "risk_scores", "ex_ante_reductions"),
)
"""Accepted rows that go into the package, so that a verifier can go from a tonne to its trees and pixels. None names people.

Rows of single people and households, of tracks, cameras, pictures and species records stay in the house: their sums are told.
"""


_ROWS_STAY_BEHIND = frozenset({*RECORD_TABLES, CAMERA_ROWS})
"""Datasets of which some rows are not published."""
NO_CELL_TOLD = "camera_deployments"
"""Dataset whose cells stay in the house: with the nights by zone they would narrow a camera down."""


def opened_by(choices: Privacy) -> Opened:
    """Return the private columns that a project publishes by its own declaration."""
    exact = {PLOTS: frozenset({"longitude", "latitude"})} if choices.plot_positions == "exact" else {}
    # What `told_of_set_aside` leaves of them.
    return {**exact, SET_ASIDE: frozenset({"record"})}


def protect(tables: Mapping[str, pa.Table], choices: Privacy) -> dict[str, pa.Table]:
    """Return the tables with every private value blanked, and typed ids and keys of people and households as codes.

    Args:
        tables: Landed dataset to its accepted rows.
        choices: What the project declares.
    """
    codes, opened = codes_of(tables), opened_by(choices)
    if SET_ASIDE in tables:
        tables = {**tables, SET_ASIDE: told_of_set_aside(tables[SET_ASIDE])}
    return {dataset: for_warehouse(dataset, table, codes, opened=opened) for dataset, table in tables.items()}


def log_of(received: Mapping[str, Checked], choices: Privacy) -> pa.Table:
    """Return the landed table `privacy_log` of what sources gave."""
    tables = {name: batch.table() for name, batch in received.items()}
    generalised = frozenset(located(choices))
    return privacy_log(tables, published=frozenset(PUBLISHED_ROWS), generalised=generalised, opened=opened_by(choices))


def publish_rows(tables: Mapping[str, pa.Table], folder: Path, choices: Privacy) -> None:
    """Write the rows that may be published, without their private columns.

    The zones of a record whose place is told coarsely, or not at all, stay behind: with its cell they would narrow it down.
    So do the cells of cameras.
    """
    opened = opened_by(choices)
    for name in PUBLISHED_ROWS:
        if name in tables:
            table = tables[name]
            if name == "record_zones":
                table = _without_sensitive(table, tables["record_cells"])
            if name == "record_cells":
                table = table.filter(pc.not_equal(table["dataset"], NO_CELL_TOLD))
            write_parquet(folder / f"{name}.parquet", for_publication(name, table, opened=opened))


def shown_whole(dataset: str) -> bool:
    """Tell whether a package shows every row of a dataset with every value that SQL sees; codes of people stay behind."""
    coded = any(is_key(dataset, column) for column in DATASETS[dataset].private)
    return dataset in PUBLISHED_ROWS and dataset not in _ROWS_STAY_BEHIND and not coded


def _without_sensitive(zones: pa.Table, cells: pa.Table) -> pa.Table:
    rules = zip(cells["dataset"].to_pylist(), cells["record_id"].to_pylist(), cells["rule"].to_pylist(), strict=True)
    hidden = {(dataset, record) for dataset, record, rule in rules if rule.startswith(SENSITIVE_RULES)}
    pairs = zip(zones["dataset"].to_pylist(), zones["record_id"].to_pylist(), strict=True)
    return zones.filter(pa.array([pair not in hidden for pair in pairs], pa.bool_()))
