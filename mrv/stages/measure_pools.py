"""Measure the other carbon pools of field plots, their means and precision, the uncertainty of biomass, and the audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from mrv.project_field import FieldCarbon
from mrv.rule_sets import primary_parameters
from mrv.schemas import DATASETS
from mrv.stages.check import Checked, table_hash
from mrv.stages.context import Context
from mrv.stages.measure import Measured, run_measurement
from mrv.units import UM2_PER_HA

POOL_DATASETS = {"dead_wood_pieces": "dead_wood_lying", "litter_samples": "litter", "soil_samples": "soil"}
"""Received table to the pool that it gives."""
_USED = (*POOL_DATASETS, "plots", "trees", "heights", "name_resolution", "audit_trees")
_FACTORS = "dead_wood_density_factor_"
_PARAMETERS = ("carbon_fraction", _FACTORS)

PoolCensus = tuple[str, str, str]
"""(pool, plot_id, census_id)."""


def measure_pools(
    context: Context, checked: Mapping[str, Checked], field: Measured | None, pixels: Measured | None
) -> Measured | None:
    """Turn what was measured in plots besides living trees into pools; None where the project has no plots.

    Args:
        context: The run.
        checked: What was received.
        field: Biomass of trees and plots.
        pixels: Forest by zone and stratum, whose areas weigh the strata.

    Raises:
        InputError: Tables contradict each other or lack what the method needs.
    """
    if field is None:
        return None
    tables = {name: checked[name].table() for name in _USED if name in checked}
    areas = forest_areas_ha(context, pixels)
    missed = rows_missed(checked)
    values = _parameter_values(context)

    def measure() -> dict[str, pa.Table]:
        return _measure(context, tables, field.tables, areas_ha=areas, missed=missed, values=values)

    inputs = {
        "tables": {name: table_hash(table) for name, table in {**tables, **field.tables}.items()},
        "set_aside": [[*key, count] for key, count in sorted(missed.items())],
        "field_carbon": context.definition.field_carbon.model_dump(mode="json"),
        "areas_ha": sorted((name, str(area)) for name, area in areas.items()),
        "parameters": sorted((name, str(value)) for name, value in values.items()),
    }
    return run_measurement(context, "field_pools", inputs, measure)


def _measure(
    context: Context,
    tables: Mapping[str, pa.Table],
    field: Mapping[str, pa.Table],
    *,
    areas_ha: Mapping[str, Decimal],
    missed: Mapping[PoolCensus, int],
    values: Mapping[str, Decimal],
) -> dict[str, pa.Table]:
    from mrv.field.audit import measurement_audit
    from mrv.field.equations_used import allometries_used
    from mrv.field.names import read_names
    from mrv.field.plots import read_censuses
    from mrv.field.pools import CarbonFractions, landscape_pools, plot_pools, stratum_pools

    settings = context.definition.field_carbon
    biomass = field["plot_biomass"].to_pylist()
    strata = {row["plot_id"]: row["stratum_id"] for row in biomass}
    censuses = read_censuses(tables["plots"], plot_strata=strata, layouts=settings.layouts)
    fractions = CarbonFractions(values["carbon_fraction"], values["carbon_fraction_litter"])
    amounts = _amounts(tables, field, values=values, depth_cm=float(settings.soil_depth_cm))
    plot_rows = plot_pools(amounts, plot_biomass=biomass, fractions=fractions, set_aside=missed)
    stratum_rows = stratum_pools(plot_rows, censuses=censuses, settings=settings)
    rows = {
        "plot_pools": plot_rows,
        "stratum_pools": stratum_rows,
        "landscape_pools": landscape_pools(stratum_rows, areas_ha=areas_ha),
        "allometries_used": allometries_used(field["tree_biomass"].to_pylist()),
    }
    if "audit_trees" in tables:
        rows["measurement_audit"] = measurement_audit(
            tables["audit_trees"].to_pylist(),
            trees=tables["trees"].to_pylist(),
            settings=settings.audit,
            names=read_names(tables.get("name_resolution")),
        )
    if settings.uncertainty is not None:
        rows["carbon_uncertainty"] = _uncertainty(context, tables, field, censuses, areas_ha)
    # Tables whose rows nobody could give are left out: an empty one would look as if something had been measured.
    return {name: DATASETS[name].table(found) for name, found in rows.items() if found}


def _amounts(
    tables: Mapping[str, pa.Table], field: Mapping[str, pa.Table], *, values: Mapping[str, Decimal], depth_cm: float
) -> list[Any]:
    from mrv.field.dead_wood import DECAY_CLASSES, lying_dead_wood, standing_dead_wood
    from mrv.field.litter import litter
    from mrv.field.soil import soil

    slopes = {(row["plot_id"], row["census_id"]): row["slope_factor"] for row in field["plot_biomass"].to_pylist()}
    trees = field["tree_biomass"].to_pylist()
    rows = {name: tables[name].to_pylist() if name in tables else [] for name in POOL_DATASETS}
    lying = lying_dead_wood(
        rows["dead_wood_pieces"],
        slope_factors=slopes,
        wood_density_g_cm3=_mean_densities(trees),
        class_factors={name: float(values[_FACTORS + name]) for name in DECAY_CLASSES},
    )
    standing = standing_dead_wood(
        [row for row in trees if row["life_form"] == "standing_dead"],
        censuses=slopes,
        unclassed=_unclassed(tables["trees"].to_pylist()),
    )
    return [
        *lying,
        *standing,
        *litter(rows["litter_samples"], censuses=slopes),
        *soil(rows["soil_samples"], censuses=slopes, depth_cm=depth_cm),
    ]


def _mean_densities(trees: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], float]:
    """Return the mean wood density of the living trees of each plot census, exact before rounding."""
    import math

    found: dict[tuple[str, str], list[float]] = {}
    for row in trees:
        if row["life_form"] == "tree":
            found.setdefault((row["plot_id"], row["census_id"]), []).append(row["wood_density_g_cm3"])
    return {census: math.fsum(values) / len(values) for census, values in found.items()}


def _unclassed(trees: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    dead = [row for row in trees if row["status"] == "dead" and row["decay_class"] is None]
    return dict(Counter((row["plot_id"], row["census_id"]) for row in dead))


def _uncertainty(
    context: Context,
    tables: Mapping[str, pa.Table],
    field: Mapping[str, pa.Table],
    censuses: Any,
    areas_ha: Mapping[str, Decimal],
) -> list[dict[str, Any]]:
    from mrv.field.allometry import needs_heights
    from mrv.field.height_errors import errors_of_groups
    from mrv.field.uncertainty import carbon_uncertainty

    settings = context.definition.field_carbon
    trees = field["tree_biomass"].to_pylist()
    heights = {}
    if needs_heights(settings.allometry) and any(row["height_method"] == settings.height_model for row in trees):
        tallest = max(row["height_m"] for row in trees if row["height_m"] is not None)
        heights = errors_of_groups(_height_groups(settings, tables.get("heights"), trees, censuses), tallest_m=tallest)
    return carbon_uncertainty(
        field["tree_biomass"],
        plot_biomass=field["plot_biomass"].to_pylist(),
        censuses=censuses,
        heights=heights,
        areas_ha=areas_ha,
        settings=settings.uncertainty,  # type: ignore[arg-type]  # the caller saw that it is there
    )


def _height_groups(
    settings: FieldCarbon, apart: pa.Table | None, trees: Sequence[Mapping[str, Any]], censuses: Any
) -> Any:
    """Fit the height models once more, to the sample that they were fitted to: their errors are those of this sample."""
    from mrv.field.height_groups import height_groups

    measured = [
        (censuses[row["plot_id"], row["census_id"]].stratum_id, row["dbh_cm"], row["height_m"])
        for row in trees
        if row["height_method"] == "measured" and row["life_form"] == "tree"
    ]
    sample = None
    if apart is not None and apart.num_rows:
        pairs = zip(apart["dbh_cm"].to_pylist(), apart["height_m"].to_pylist(), strict=True)
        sample = [(dbh, height) for dbh, height in pairs if height is not None]
    return height_groups(settings, measured, apart=sample)


def forest_areas_ha(context: Context, pixels: Measured | None) -> dict[str, Decimal]:
    """Return the forest of the project area at the product's start by stratum, in ha; empty where it was not measured."""
    if pixels is None or "land_cover_area" not in pixels.tables:
        return {}
    inside = {zone.zone_id for zone in context.zones if zone.kind == "project_area"}
    areas: dict[str, Decimal] = {}
    for row in pixels.tables["land_cover_area"].to_pylist():
        if row["zone_id"] in inside and row["cover_class"] == "forest":
            areas[row["stratum_id"]] = areas.get(row["stratum_id"], Decimal(0)) + Decimal(row["area_um2"])
    return {name: area / UM2_PER_HA for name, area in sorted(areas.items())}


def rows_missed(checked: Mapping[str, Checked]) -> dict[PoolCensus, int]:
    """Return how many rows of a pool an accepted plot census misses, because they failed a check or could not be typed."""
    from expectations.plot_trees import trees_set_aside

    missed: dict[PoolCensus, int] = {}
    for dataset, pool in POOL_DATASETS.items():
        if dataset in checked and "plots" in checked:
            plots = checked["plots"]
            found, _ = trees_set_aside(
                checked[dataset].set_aside(), plots=plots.table(), plots_quarantine=plots.set_aside()
            )
            missed |= {(pool, *census): count for census, count in found.items()}
    return missed


def _parameter_values(context: Context) -> dict[str, Decimal]:
    """Return the numbers in force that turn dry matter into carbon, by name."""
    return {
        row.name: row.value
        for row in primary_parameters(context.project, context.period)
        if row.value is not None and row.name.startswith(_PARAMETERS)
    }
