"""What the checks of plots and trees depend on besides their rows, and the check of heights across plots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    from mrv.field.nests import SMALLEST_DBH_CM, areas_of, plots_off_layout, trees_below_nests

    layouts = context.definition.field_carbon.layouts
    if dataset == "plots":
        return {"plots_off_layout": _origins_at(table, plots_off_layout(table, layouts))}
    if dataset == "trees":
        lower = pc.utf8_lower(pc.utf8_trim_whitespace(table["family"]))
        other = pc.is_in(lower, value_set=pa.array([family.lower() for family in FAMILIES]))
        undead = pc.and_(pc.equal(table["life_form"], "standing_dead"), pc.equal(table["status"], "alive"))
        return {
            "min_dbh_cm": min([SMALLEST_DBH_CM, *(areas_of(layout)[0].min_dbh_cm for layout in layouts)]),
            "trees_below_nests": _origins_at(table, trees_below_nests(table, plots, layouts)),
            "palms_called_trees": _origins_at(
                table,
                pc.indices_nonzero(pc.and_(other, pc.equal(table["life_form"], "tree")).fill_null(False)).to_pylist(),
            ),
            "living_dead_trees": _origins_at(table, pc.indices_nonzero(undead.fill_null(False)).to_pylist()),
        }
    return {}


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
