"""Permanent plots: what became of each tree from one census to the next, and the change of each plot.

The change of a stratum is the mean of the changes of its plots, never the difference of two means. A change that rests on a
growth that cannot be, on a tree that came back to life, on a census copied from the one before, or on censuses of different
areas is not given: it is null with the reason, and what the trees say stands beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mrv.field.nests import SMALLEST_DBH_CM
from mrv.field.plots import CensusKey, PlotCensus, successive_censuses
from mrv.field.rounding import to_factor
from mrv.field.stocks import TreeMasses, bounds_of, by_stratum, mg_per_ha, optional_factor
from mrv.field.strata import stratum_statistics
from mrv.field.trees import BoolArray, FloatArray, IntArray, Trees
from mrv.project_field import FieldCarbon as Settings
from mrv.schemas import DATASETS

FATES = ("survivor", "recruit", "death", "missing", "resurrected")
FLAGS = (
    "pom_changed",
    "growth_too_small",
    "growth_too_large",
    "recruit_too_large",
    "genus_changed",
    "height_method_changed",
)
IMPLAUSIBLE = ("growth_too_small", "growth_too_large", "recruit_too_large")

_DAYS_IN_YEAR = Decimal("365.25")
_POM_TOLERANCE_M = 0.05
_COPIED_FROM = 10
"""As many survivors without any growth of any of them are no forest, but a copied form."""
_GROWTH_PLACES = 6


@dataclass(frozen=True)
class Changes:
    """Tables `tree_changes` and `plot_changes`."""

    trees: pa.Table
    plots: pa.Table


@dataclass(frozen=True)
class _Signs:
    """By what a tree is known again, and how it was measured, each column of shape (n,).

    Attributes:
        tags: The different tree_ids.
        tag: Position of each tree's in `tags`.
        genus: A number for each genus, −1 where it is not known.
        pom_m: Point of measurement in m, NaN where it was not recorded.
        height_measured: 1 where its biomass is by a measured height, 0 by a modelled one, −1 where it is by none.
    """

    tags: pa.Array
    tag: IntArray
    genus: IntArray
    pom_m: FloatArray
    height_measured: IntArray


@dataclass(frozen=True)
class _Pair:
    """The trees of two successive censuses of a plot side by side, each column of shape (n,).

    Attributes:
        before: Position of each tree among those of the earlier census, −1 where it is not there.
        after: The same of the later.
        fate: Position in `FATES`, −1 of trees that lived in neither.
        growth_cm_yr: NaN but of survivors.
        flag: Position in `FLAGS`, −1 where there is none.
    """

    before: IntArray
    after: IntArray
    fate: IntArray
    growth_cm_yr: FloatArray
    flag: IntArray


def changes_of_plots(
    trees: Trees,
    masses: TreeMasses,
    *,
    height_measured: IntArray,
    censuses: Mapping[CensusKey, PlotCensus],
    incomplete: Collection[CensusKey],
    settings: Settings,
) -> Changes:
    """Follow the trees of each plot from census to census.

    Args:
        trees: Every tree, living or dead, in the order of the keys.
        masses: Their biomass; what dead ones have does not count.
        height_measured: Of each tree 1 where its biomass is by a measured height, 0 by a modelled one, −1 where it is by none.
        censuses: Every accepted plot census.
        incomplete: Censuses of which trees were set aside.
        settings: Limits of growth.
    """
    position = {key: at for at, key in enumerate(censuses)}
    bounds = bounds_of(trees, len(censuses))
    signs = _signs(trees, height_measured)
    units = np.where(trees.alive, masses.units, 0)
    columns: dict[str, list[Any]] = {name: [] for name in DATASETS["tree_changes"].schema.names}
    rows = []
    for earlier, later in successive_censuses(censuses.values()):
        first, second = (np.arange(bounds[at], bounds[at + 1]) for at in (position[earlier.key], position[later.key]))
        years = to_factor(Decimal(_day(later) - _day(earlier)) / _DAYS_IN_YEAR)
        pair = _side_by_side(trees, signs, first, second, years=float(years), least=_least(later), settings=settings)
        _add_tree_columns(columns, trees, masses, signs, pair, earlier, later)
        row = _plot_row(earlier, later, years, pair, units, masses.nest)
        reasons = _reasons(earlier, later, pair, incomplete)
        change = (row["agb_to_mg_ha"] - row["agb_from_mg_ha"]) / years
        rows.append(
            row | {"change_mg_ha_yr": None if reasons else to_factor(change), "reason": ", ".join(reasons) or None}
        )
    return Changes(_tree_table(columns), DATASETS["plot_changes"].table(rows))


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


def _day(census: PlotCensus) -> int:
    return census.census_date.toordinal() if census.census_date else 0


def _least(census: PlotCensus) -> float:
    return census.nests[0].min_dbh_cm if census.layout_id is not None else SMALLEST_DBH_CM


def _signs(trees: Trees, height_measured: IntArray) -> _Signs:
    encoded = trees.table["tree_id"].combine_chunks().dictionary_encode()
    genera = [taxon.genus or "" for taxon in trees.taxa]
    known = {genus: at for at, genus in enumerate(sorted(set(genera) - {""}))}
    return _Signs(
        encoded.dictionary,
        encoded.indices.to_numpy().astype(np.int64),
        np.array([known.get(genus, -1) for genus in genera], dtype=np.int64)[trees.taxon],
        trees.table["pom_m"].cast(pa.float64()).fill_null(np.nan).to_numpy(),
        height_measured,
    )


def _side_by_side(
    trees: Trees,
    signs: _Signs,
    first: IntArray,
    second: IntArray,
    *,
    years: float,
    least: float,
    settings: Settings,
) -> _Pair:
    both = np.union1d(signs.tag[first], signs.tag[second])
    before, after = _found(both, signs.tag, first), _found(both, signs.tag, second)
    alive_before, alive_after = _true_at(trees.alive, before), _true_at(trees.alive, after)
    fate = np.full(both.shape, -1, dtype=np.int64)
    fate[alive_before & alive_after] = FATES.index("survivor")
    fate[(before < 0) & alive_after] = FATES.index("recruit")
    fate[alive_before & (after >= 0) & ~alive_after] = FATES.index("death")
    fate[alive_before & (after < 0)] = FATES.index("missing")
    fate[(before >= 0) & ~alive_before & alive_after] = FATES.index("resurrected")
    survivor = fate == FATES.index("survivor")
    growth = np.full(both.shape, np.nan)
    growth[survivor] = np.round(
        (trees.dbh_cm[after[survivor]] - trees.dbh_cm[before[survivor]]) / years, _GROWTH_PLACES
    )
    flag = np.full(both.shape, -1, dtype=np.int64)
    flag[survivor & _differ(signs.height_measured, before, after)] = FLAGS.index("height_method_changed")
    flag[survivor & _differ(signs.genus, before, after)] = FLAGS.index("genus_changed")
    flag[survivor & (growth < float(settings.min_growth_cm_yr))] = FLAGS.index("growth_too_small")
    flag[survivor & (growth > float(settings.max_growth_cm_yr))] = FLAGS.index("growth_too_large")
    flag[survivor & (np.abs(signs.pom_m[before] - signs.pom_m[after]) > _POM_TOLERANCE_M)] = FLAGS.index("pom_changed")
    thick = np.where(after >= 0, trees.dbh_cm[after], 0) > least + float(settings.max_growth_cm_yr) * years
    flag[(fate == FATES.index("recruit")) & thick] = FLAGS.index("recruit_too_large")
    return _Pair(before, after, fate, growth, flag)


def _found(wanted: IntArray, codes: IntArray, rows: IntArray) -> IntArray:
    """Return the row of each wanted tree among some rows, −1 where it is not there."""
    if not rows.size:
        return np.full(wanted.shape, -1, dtype=np.int64)
    order = rows[np.argsort(codes[rows], kind="stable")]
    at = np.minimum(np.searchsorted(codes[order], wanted), order.size - 1)
    return np.where(codes[order[at]] == wanted, order[at], -1)


def _differ(values: IntArray, before: IntArray, after: IntArray) -> BoolArray:
    """Return whether both values of a tree are known and not the same."""
    different: BoolArray = (values[before] >= 0) & (values[after] >= 0) & (values[before] != values[after])
    return different


def _true_at(values: BoolArray, rows: IntArray) -> BoolArray:
    return (rows >= 0) & values[rows]


def _plot_row(
    earlier: PlotCensus,
    later: PlotCensus,
    years: Decimal,
    pair: _Pair,
    units: IntArray,
    nest: IntArray,
) -> dict[str, Any]:
    def mass(rows: IntArray, census: PlotCensus) -> Decimal:
        chosen = rows[rows >= 0]
        return to_factor(mg_per_ha(units[chosen], nest[chosen], census))

    def of(*fates: str) -> npt.NDArray[np.bool_]:
        return np.isin(pair.fate, [FATES.index(fate) for fate in fates])

    agb_from, agb_to = mass(pair.before, earlier), mass(pair.after, later)
    recruitment = mass(pair.after[of("recruit", "resurrected")], later)
    # A tree that nobody found again is counted as lost: the smaller, conservative change.
    mortality = mass(pair.before[of("death", "missing")], earlier)
    return {
        "plot_id": later.plot_id,
        "census_from": earlier.census_id,
        "census_to": later.census_id,
        "stratum_id": later.stratum_id,
        "years": years,
        "survivor_count": int(of("survivor").sum()),
        "recruit_count": int(of("recruit").sum()),
        "death_count": int(of("death").sum()),
        "missing_count": int(of("missing").sum()),
        "agb_from_mg_ha": agb_from,
        "agb_to_mg_ha": agb_to,
        # What the survivors gained; as the rest, so that the four close to the last digit after rounding.
        "growth_mg_ha": agb_to - agb_from - recruitment + mortality,
        "recruitment_mg_ha": recruitment,
        "mortality_mg_ha": mortality,
    }


def _reasons(earlier: PlotCensus, later: PlotCensus, pair: _Pair, incomplete: Collection[CensusKey]) -> list[str]:
    survivors = pair.growth_cm_yr[pair.fate == FATES.index("survivor")]
    found = {
        "trees_set_aside": earlier.key in incomplete or later.key in incomplete,
        "area_changed": earlier.area_ha != later.area_ha or earlier.nests != later.nests,
        "implausible_growth": bool(np.isin(pair.flag, [FLAGS.index(flag) for flag in IMPLAUSIBLE]).any()),
        "resurrected_trees": bool((pair.fate == FATES.index("resurrected")).any()),
        "copied_census": survivors.size >= _COPIED_FROM and not survivors.any(),
    }
    return [reason for reason, true in found.items() if true]


def _add_tree_columns(
    columns: dict[str, list[Any]],
    trees: Trees,
    masses: TreeMasses,
    signs: _Signs,
    pair: _Pair,
    earlier: PlotCensus,
    later: PlotCensus,
) -> None:
    told = pair.fate >= 0
    before, after = pair.before[told], pair.after[told]
    tag = signs.tag[np.where(after >= 0, after, before)]
    for name, value in (
        ("plot_id", later.plot_id),
        ("census_from", earlier.census_id),
        ("census_to", later.census_id),
    ):
        columns[name].append(pa.repeat(value, len(tag)))
    columns["tree_id"].append(signs.tags.take(pa.array(tag)))
    columns["fate"].append(_words(FATES, pair.fate[told]))
    columns["flag"].append(_words(FLAGS, pair.flag[told]))
    columns["growth_cm_yr"].append(_nullable(pair.growth_cm_yr[told]))
    for suffix, rows in (("from", before), ("to", after)):
        living = _true_at(trees.alive, rows)
        columns[f"dbh_{suffix}_cm"].append(_nullable(np.where(rows >= 0, trees.dbh_cm[rows], np.nan)))
        columns[f"agb_{suffix}_kg"].append(_nullable(np.where(living, masses.agb_kg[rows], np.nan)))


def _words(words: Sequence[str], positions: IntArray) -> pa.Array:
    return pa.array(words).take(pa.array(positions, mask=positions < 0))


def _nullable(values: FloatArray) -> pa.Array:
    return pa.array(values, from_pandas=True)


def _tree_table(columns: Mapping[str, list[Any]]) -> pa.Table:
    dataset = DATASETS["tree_changes"]
    if not columns["plot_id"]:
        return dataset.empty()
    return dataset.sort(dataset.columns({name: pa.concat_arrays(parts) for name, parts in columns.items()}))
