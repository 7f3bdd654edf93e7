"""Measure forest plots: accepted trees to biomass of trees, plots and strata, and its change over the censuses."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import shapely

from mrv.errors import InputError
from mrv.rule_sets import primary_parameters
from mrv.stages.check import Checked, table_hash
from mrv.stages.check_field import strata_of_plots
from mrv.stages.context import Context
from mrv.stages.measure import Measured, run_measurement

USED = ("plots", "trees", "wood_density", "heights", "name_resolution")
CHANGES = ("tree_changes", "plot_changes", "stratum_changes")
DECAY_FACTOR = "dead_wood_density_factor_"
"""Start of the names of the parameters that say how dense dead wood of a decay class is."""


def measure_field(context: Context, checked: Mapping[str, Checked]) -> Measured | None:
    """Turn accepted trees into carbon of plots and strata; None where the project has no plots.

    Raises:
        InputError: A table that the calculation needs is missing, or the tables contradict each other.
    """
    if "plots" not in checked or "trees" not in checked:
        return None
    if "wood_density" not in checked:
        raise InputError(
            "trees cannot become carbon without wood densities",
            where=f"{context.project.file}, sources",
            remedy="add a table wood_density to a source of connector files",
        )
    tables = {name: checked[name].table() for name in USED if name in checked}
    missed, factors = trees_missed(checked), decay_factors(context)
    settings = context.definition.field_carbon

    def measure() -> dict[str, pa.Table]:
        from mrv.field.carbon import field_carbon

        carbon = field_carbon(
            plots=tables["plots"],
            trees=tables["trees"],
            wood_density=tables["wood_density"],
            heights=tables.get("heights"),
            names=tables.get("name_resolution"),
            plot_strata=strata_of_plots(context, tables["plots"]),
            trees_set_aside=missed,
            settings=settings,
            decay_factors=factors,
        )
        always = ("tree_biomass", "plot_biomass", "stratum_biomass")
        # A project without permanent plots has no changes, which is not a table that lost its rows.
        of_change = [name for name in CHANGES if getattr(carbon, name).num_rows]
        return {name: getattr(carbon, name) for name in (*always, *of_change)}

    inputs = {
        "tables": {name: table_hash(table) for name, table in tables.items()},
        "trees_set_aside": [[*census, count] for census, count in missed.items()],
        "field_carbon": settings.model_dump(mode="json"),
        "decay_factors": factors,
        "strata": [
            [zone.zone_id, shapely.to_wkb(zone.geometry, hex=True)] for zone in context.zones if zone.kind == "stratum"
        ],
        "default_stratum": context.definition.default_stratum,
    }
    return run_measurement(context, "field_carbon", inputs, measure)


def decay_factors(context: Context) -> dict[str, float]:
    """Return the density of dead wood as a share of that of living wood, by decay class, from the parameters in force."""
    return {
        row.name.removeprefix(DECAY_FACTOR): float(row.value)
        for row in primary_parameters(context.project, context.period)
        if row.name.startswith(DECAY_FACTOR) and row.value is not None
    }


def trees_missed(checked: Mapping[str, Checked]) -> dict[tuple[str, str], int]:
    """Return how many trees each accepted (plot_id, census_id) misses, where it misses any."""
    from expectations.plot_trees import trees_set_aside

    plots = checked["plots"]
    missed, _ = trees_set_aside(checked["trees"].set_aside(), plots=plots.table(), plots_quarantine=plots.set_aside())
    return missed
