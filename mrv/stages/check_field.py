"""What the checks of plots and trees depend on besides their rows, and the check of heights across plots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mrv.schemas import DATASETS
from mrv.stages.context import Context


def field_parameters(context: Context, dataset: str, table: pa.Table, *, plots: pa.Table) -> dict[str, Any]:
    """Return the origins of rows that their own suite cannot judge; nothing for other datasets than plots and trees.

    Args:
        context: The run.
        dataset: The dataset to be checked.
        table: Its rows.
        plots: Rows of `plots`, to which trees belong.
    """
    from mrv.field.allometry import FAMILIES
    from mrv.field.diameters import as_if_millimetres
    from mrv.field.nests import SMALLEST_DBH_CM, areas_of, plots_off_layout, trees_below_nests

    layouts = context.definition.field_carbon.layouts
    if dataset == "plots":
        return {
            "plots_off_layout": _origins_at(table, plots_off_layout(table, layouts)),
            "plots_changing_stratum": _origins_at(table, changing_stratum(context, table)),
        }
    if dataset == "trees":
        lower = pc.utf8_lower(pc.utf8_trim_whitespace(table["family"]))
        other = pc.is_in(lower, value_set=pa.array([family.lower() for family in FAMILIES]))
        undead = pc.and_(pc.equal(table["life_form"], "standing_dead"), pc.equal(table["status"], "alive"))
        return {
            # A tree somewhat too thin is none of the plot's (trees_below_nests); a thinner one is a diameter in another unit.
            "min_dbh_cm": min([SMALLEST_DBH_CM, *(areas_of(layout)[0].min_dbh_cm for layout in layouts)]) / 2,
            "as_if_millimetres": _origins_at(table, as_if_millimetres(table)),
            "trees_below_nests": _origins_at(table, trees_below_nests(table, plots, layouts)),
            "palms_called_trees": _origins_at(
                table,
                pc.indices_nonzero(pc.and_(other, pc.equal(table["life_form"], "tree")).fill_null(False)).to_pylist(),
            ),
            "living_dead_trees": _origins_at(table, pc.indices_nonzero(undead.fill_null(False)).to_pylist()),
        }
    return {}


def strata_of_rows(context: Context, plots: pa.Table) -> list[str | None]:
    """Return the stratum in which each row of `plots` counts, None where there is none for it."""
    from mrv.field.location import locate_plots

    strata = [(zone.zone_id, zone.geometry) for zone in context.zones if zone.kind == "stratum"]
    return locate_plots(plots, strata=strata, default_stratum=context.definition.default_stratum)


def strata_of_plots(context: Context, plots: pa.Table) -> dict[str, str]:
    """Return the stratum of each plot: that of its first census with one, for the fixes of a place differ by some metres.

    Args:
        context: The run.
        plots: Rows of `plots`.
    """
    found: dict[str, str] = {}
    for row, stratum in _by_census(plots, strata_of_rows(context, plots)):
        if stratum is not None:
            found.setdefault(row["plot_id"], stratum)
    return found


def changing_stratum(context: Context, plots: pa.Table) -> list[int]:
    """Return the positions of rows of `plots` whose own place gives another stratum than that of their plot."""
    of_plot, strata = strata_of_plots(context, plots), strata_of_rows(context, plots)
    named = zip(plots["plot_id"].to_pylist(), strata, strict=True)
    return [at for at, (plot, stratum) in enumerate(named) if stratum is not None and stratum != of_plot[plot]]


def _by_census(plots: pa.Table, strata: Sequence[str | None]) -> list[tuple[dict[str, Any], str | None]]:
    """Return rows with their strata in the order of the censuses; those without a day come last."""
    rows = plots.select(["plot_id", "census_id", "census_date"]).to_pylist()
    pairs = zip(rows, strata, strict=True)
    return sorted(pairs, key=lambda pair: (str(pair[0]["census_date"] or "9999"), pair[0]["census_id"]))


def tree_results(context: Context, tables: Mapping[str, pa.Table]) -> pa.Table:
    """Check the heights of trees by stratum; add the outcome to `check_results`.

    Args:
        context: The run.
        tables: Measured tables, `tree_biomass` and `plot_biomass` among them, and `check_results`.
    """
    from expectations.gate import gate
    from expectations.height_fit import check_height_fit

    waivers = context.ledger.waivers(context.definition.id, context.period.id)
    found = gate(check_height_fit(tables["tree_biomass"], tables["plot_biomass"]), waivers=waivers)
    return DATASETS["check_results"].sort(pa.concat_tables([tables["check_results"], found]))


def _origins_at(table: pa.Table, positions: Iterable[int]) -> list[str]:
    from expectations.frames import origins

    return sorted(origins(table.take(pa.array(list(positions), pa.int64()))))
