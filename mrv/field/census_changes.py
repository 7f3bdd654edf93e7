"""Permanent plots: what became of each tree from one census to the next, and the change of each plot.

The change of a stratum is the mean of the changes of its plots, never the difference of two means. A change that rests on a
growth that cannot be, on a tree that came back to life, on a tree whose biomass is not known, on a census copied from the one
before, or on censuses of different areas is not given: it is null with the reason, and what the trees say stands beside it.
A census that contradicts the one before it is in doubt, and does not stand for its plot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from mrv.field.plots import CensusKey, PlotCensus, successive_censuses
from mrv.field.rounding import BIOMASS_PLACES, to_factor
from mrv.field.stocks import (
    CONTRADICTED,
    NOT_RECEIVED,
    SET_ASIDE,
    TreeMasses,
    bounds_of,
    by_stratum,
    mg_per_ha,
    optional_factor,
)
from mrv.field.strata import stratum_statistics
from mrv.field.tree_pairs import FATES, FLAGS, IMPLAUSIBLE, Pair, TreePairs, years_between
from mrv.field.trees import BoolArray, FloatArray, IntArray
from mrv.schemas import DATASETS

_UNITS_PER_KG = 10**BIOMASS_PLACES


@dataclass(frozen=True)
class Changes:
    """What the censuses of permanent plots say together.

    Attributes:
        trees: Table `tree_changes`.
        plots: Table `plot_changes`.
        doubts: Of each plot census that contradicts the one before it, in what.
    """

    trees: pa.Table
    plots: pa.Table
    doubts: Mapping[CensusKey, str]


def changes_of_plots(
    pairs: TreePairs, *, censuses: Mapping[CensusKey, PlotCensus], gaps: Mapping[CensusKey, str]
) -> Changes:
    """Follow the trees of each plot from census to census.

    Args:
        pairs: The trees.
        censuses: Every accepted plot census, those that the trees count.
        gaps: What the trees of a plot census lack (`mrv.field.stocks.gaps_of`).
    """
    bounds = bounds_of(pairs.trees, len(censuses))
    rows_of = {key: np.arange(bounds[at], bounds[at + 1]) for at, key in enumerate(censuses)}
    columns: dict[str, list[Any]] = {name: [] for name in DATASETS["tree_changes"].schema.names}
    rows, doubts = [], {}
    sure: dict[str, PlotCensus] = {}
    for earlier, later in successive_censuses(censuses.values()):
        pair = pairs.between(earlier, later, rows_of[earlier.key], rows_of[later.key])
        _add_tree_columns(columns, pairs, pair, earlier, later)
        rows.append(_plot_row(earlier, later, pair, pairs.masses, gaps))
        base = sure.setdefault(later.plot_id, earlier)
        found = _doubts(earlier, later, pair, gaps)
        # What contradicts a census in doubt may only say that it was wrong: the last sure census decides. A copy does not.
        if found and base is not earlier and not pair.copied:
            found = _doubts(base, later, pairs.between(base, later, rows_of[base.key], rows_of[later.key]), gaps)
        if found:
            doubts[later.key] = ", ".join(found)
        else:
            sure[later.plot_id] = later
    return Changes(_tree_table(columns), DATASETS["plot_changes"].table(rows), doubts)


def stratum_changes(plot_changes: pa.Table) -> pa.Table:
    """Return the mean annual change of each stratum over its plots, from `plot_changes`.

    A plot with several intervals counts once, with the change from its first to its last census over the years between, of
    the intervals whose change is known.
    """
    by_plot: dict[str, list[Mapping[str, Any]]] = {}
    for row in plot_changes.to_pylist():
        if row["change_mg_ha_yr"] is not None:
            by_plot.setdefault(row["plot_id"], []).append(row)
    values = []
    for rows in by_plot.values():
        change = sum((row["agb_to_mg_ha"] - row["agb_from_mg_ha"] for row in rows), Decimal(0))
        values.append((rows[-1]["stratum_id"], change / sum((row["years"] for row in rows), Decimal(0))))
    found = []
    for stratum_id, of_plots in by_stratum(values).items():
        statistics = stratum_statistics(of_plots)
        found.append(
            {
                "stratum_id": stratum_id,
                "plot_count": statistics.n,
                "change_mg_ha_yr": to_factor(statistics.mean),
                "sd_mg_ha_yr": optional_factor(statistics.sd),
                "se_mg_ha_yr": optional_factor(statistics.se),
                "ci90_half_width_mg_ha_yr": optional_factor(statistics.ci90_half_width),
                "ci95_half_width_mg_ha_yr": optional_factor(statistics.ci95_half_width),
            }
        )
    return DATASETS["stratum_changes"].table(found)


def _plot_row(
    earlier: PlotCensus, later: PlotCensus, pair: Pair, masses: TreeMasses, gaps: Mapping[CensusKey, str]
) -> dict[str, Any]:
    def before(chosen: BoolArray) -> Decimal:
        return _mass(chosen, pair.before, pair.kg_before, masses, earlier)

    def after(chosen: BoolArray) -> Decimal:
        return _mass(chosen, pair.after, pair.kg_after, masses, later)

    agb_from, agb_to = before(pair.before >= 0), after(pair.after >= 0)
    recruitment = after(pair.of("recruit", "ongrowth", "resurrected"))
    # A tree that nobody found again is counted as lost: the smaller, conservative change.
    mortality = before(pair.of("death", "missing"))
    years = years_between(earlier, later)
    reasons = _reasons(earlier, later, pair, gaps)
    return {
        "plot_id": later.plot_id,
        "census_from": earlier.census_id,
        "census_to": later.census_id,
        "stratum_id": later.stratum_id,
        "years": years,
        **{
            f"{fate}_count": int(pair.of(fate).sum())
            for fate in ("survivor", "recruit", "ongrowth", "death", "missing")
        },
        "agb_from_mg_ha": agb_from,
        "agb_to_mg_ha": agb_to,
        # What the survivors gained; as the rest, so that the four close to the last digit after rounding.
        "growth_mg_ha": agb_to - agb_from - recruitment + mortality,
        "recruitment_mg_ha": recruitment,
        "mortality_mg_ha": mortality,
        "change_mg_ha_yr": None if reasons else to_factor((agb_to - agb_from) / years),
        "reason": ", ".join(reasons) or None,
    }


def _mass(chosen: BoolArray, rows: IntArray, kg: FloatArray, masses: TreeMasses, census: PlotCensus) -> Decimal:
    units: IntArray = np.rint(np.nan_to_num(kg[chosen]) * _UNITS_PER_KG).astype(np.int64)
    return to_factor(mg_per_ha(units, masses.nest[rows[chosen]], census))


def _reasons(earlier: PlotCensus, later: PlotCensus, pair: Pair, gaps: Mapping[CensusKey, str]) -> list[str]:
    found = {
        **{gap: gap in (gaps.get(earlier.key), gaps.get(later.key)) for gap in (SET_ASIDE, NOT_RECEIVED, CONTRADICTED)},
        "area_changed": _area_changed(earlier, later),
        "implausible_growth": any(pair.flagged(flag) for flag in IMPLAUSIBLE),
        "resurrected_trees": bool(pair.of("resurrected").any()),
        "biomass_unknown": bool(pair.unknown.any()),
        "copied_census": pair.copied,
    }
    return [reason for reason, true in found.items() if true]


def _doubts(earlier: PlotCensus, later: PlotCensus, pair: Pair, gaps: Mapping[CensusKey, str]) -> list[str]:
    """Return in what a later census contradicts an earlier one, with the number of its trees."""
    counts = {flag: pair.flagged(flag) for flag in IMPLAUSIBLE}
    if earlier.key in gaps or _area_changed(earlier, later):
        # A thick new tree may be one that was set aside, or may stand where nobody measured before.
        counts["recruit_too_large"] = 0
    counts["resurrected_trees"] = int(pair.of("resurrected").sum())
    found = [f"{name} ({count})" for name, count in counts.items() if count]
    return [*found, "copied_census"] if pair.copied else found


def _area_changed(earlier: PlotCensus, later: PlotCensus) -> bool:
    return earlier.area_ha != later.area_ha or earlier.nests != later.nests


def _add_tree_columns(
    columns: dict[str, list[Any]], pairs: TreePairs, pair: Pair, earlier: PlotCensus, later: PlotCensus
) -> None:
    told = pair.fate >= 0
    before, after = pair.before[told], pair.after[told]
    tag = pairs.signs.tag[np.where(after >= 0, after, before)]
    for name, value in (
        ("plot_id", later.plot_id),
        ("census_from", earlier.census_id),
        ("census_to", later.census_id),
    ):
        columns[name].append(pa.repeat(value, len(tag)))
    columns["tree_id"].append(pairs.signs.tags.take(pa.array(tag)))
    columns["fate"].append(_words(FATES, pair.fate[told]))
    columns["flag"].append(_words(FLAGS, pair.flag[told]))
    columns["growth_cm_yr"].append(_nullable(pair.growth_cm_yr[told]))
    for suffix, rows, kg in (("from", before, pair.kg_before), ("to", after, pair.kg_after)):
        columns[f"dbh_{suffix}_cm"].append(_nullable(np.where(rows >= 0, pairs.trees.dbh_cm[rows], np.nan)))
        columns[f"agb_{suffix}_kg"].append(_nullable(kg[told]))


def _words(words: Sequence[str], positions: IntArray) -> pa.Array:
    return pa.array(words).take(pa.array(positions, mask=positions < 0))


def _nullable(values: FloatArray) -> pa.Array:
    return pa.array(values, from_pandas=True)


def _tree_table(columns: Mapping[str, list[Any]]) -> pa.Table:
    dataset = DATASETS["tree_changes"]
    if not columns["plot_id"]:
        return dataset.empty()
    return dataset.sort(dataset.columns({name: pa.concat_arrays(parts) for name, parts in columns.items()}))
