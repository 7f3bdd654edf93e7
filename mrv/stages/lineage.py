"""What each step before SQL reads and makes: from received files to landed tables, and from those to measured ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mrv.stages.context import Context
from mrv.warehouse.lineage import LANDED

ARTIFACT = "artifact:"
"""Start of the name of received files, by their dataset: `artifact:raster`."""
PROJECT = "project"
"""The project's definition and the files that it names."""


@dataclass(frozen=True)
class Step:
    """A measurement: datasets of files that it opens, received and measured tables that it reads, tables that it makes."""

    made: tuple[str, ...]
    tables: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


NAMED_PLANTS_AND_ANIMALS = (
    *("camera_observations", "occurrences", "species_categories"),
    *("nursery_records", "planting_records", "survival_checks"),
)

MEASUREMENTS: Mapping[str, Step] = {
    "land_cover_area": Step(("land_cover_area", "zone_pixels", "pixel_emissions"), files=("raster",)),
    "class_area": Step(("class_area", "class_transition", "zone_pixels"), files=("raster", "raster_table")),
    "zone_statistics": Step(("zone_statistics", "zone_pixels"), files=("raster", "raster_table")),
    "alerts": Step(
        (
            *("alert_area", "alert_clusters", "alert_cluster_zones", "alert_clusters_left_out"),
            *("alert_coverage", "alert_retrievals", "alert_changes"),
        ),
        files=("raster",),
    ),
    "fires": Step(("fire_zones", "fire_events", "fire_coverage"), ("fires",), ("fires",)),
    "vegetation_change": Step(("vegetation_change",), ("scenes",), ("scene_bands",)),
    "loss_patches": Step(("loss_patches", "driver_rules", "patch_labels"), ("fires", "fire_events"), ("raster",)),
    "fragmentation": Step(("fragmentation",), files=("raster",)),
    "field_carbon": Step(
        ("tree_biomass", "plot_biomass", "stratum_biomass", "tree_changes", "plot_changes", "stratum_changes"),
        ("plots", "trees", "wood_density", "heights", "name_resolution"),
    ),
    "field_pools": Step(
        (
            *("plot_pools", "stratum_pools", "landscape_pools"),
            *("allometries_used", "measurement_audit", "carbon_uncertainty"),
        ),
        (
            *("dead_wood_pieces", "litter_samples", "soil_samples", "plots", "trees", "heights", "name_resolution"),
            *("audit_trees", "tree_biomass", "plot_biomass", "land_cover_area"),
        ),
    ),
    "patrol_effort": Step(
        ("patrol_effort", "patrol_days", "patrol_coverage", "patrol_event_days"),
        ("patrol_records", "patrol_tracks", "patrol_events"),
    ),
    "sample": Step(
        ("sample_reference", "interpreter_agreement", "area_estimates", "map_accuracy", "error_matrix"),
        ("sample_designs", "sample_strata", "sample_units", "sample_labels"),
    ),
    "biodiversity": Step(
        ("taxon_matches", "taxon_categories", "camera_effort", "camera_events"),
        (*NAMED_PLANTS_AND_ANIMALS, "species_names", "camera_deployments"),
    ),
    "record_places": Step(
        ("record_zones", "record_cells"),
        (
            *("patrol_events", "camera_deployments", "occurrences", "planting_records", "plots"),
            *("trees", "species_names", "species_categories"),
        ),
    ),
}
"""Measurement, as the ledger calls its step, to what it reads and makes. All of them read the zones of the project too."""

DECLARED = (
    *("project", "vintages", "parameters", "zones", "baseline_activity", "carbon_pools"),
    *("accounts", "account_parameters", "baseline_versions", "account_activity", "account_stocks", "account_emissions"),
    *("account_burnt_areas", "account_area_samples", "leakage_measures", "risk_scores", "ex_ante_reductions"),
    *("prior_vintages", "loss_events"),
)
"""Landed tables that say what the project's definition says."""
OF_CHECKS = ("batches", "check_results", "quarantine", "repairs", "privacy_log", "issuances_set_aside")
"""Landed tables that say what checks found of the received ones."""


def lineage_record(context: Context, tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the package's `calc/lineage.json` says.

    Args:
        context: The run.
        tables: Models and landed tables of the build, from `mrv.warehouse.lineage.read_lineage`.

    Returns:
        `tables` as given, and `steps`: name to `inputs` (`artifact:<dataset>`, `landed.<dataset>`, `project`) and `outputs`.
    """
    return {"tables": dict(tables), "steps": dict(sorted(_steps(context).items()))}


def _steps(context: Context) -> dict[str, dict[str, list[str]]]:
    from mrv.sources.connectors import datasets_of

    steps = {}
    received: set[str] = set()
    for spec in context.definition.sources:
        datasets = sorted(datasets_of(spec, context.project.folder))
        received |= {*datasets}
        steps[f"land {spec.name}"] = _step([f"{ARTIFACT}{name}" for name in datasets], datasets)
    for name, step in MEASUREMENTS.items():
        inputs = [*(f"{ARTIFACT}{item}" for item in step.files), *(f"{LANDED}{item}" for item in step.tables), PROJECT]
        steps[f"measure {name}"] = _step(inputs, step.made)
    steps["declare"] = _step([PROJECT], DECLARED)
    steps["list what was received"] = _step([f"{ARTIFACT}*"], ["artifacts"])
    steps["check"] = _step([f"{LANDED}{name}" for name in sorted(received)], OF_CHECKS)
    return steps


def _step(inputs: list[str], made: Any) -> dict[str, list[str]]:
    return {"inputs": inputs, "outputs": [f"{LANDED}{name}" for name in made]}
