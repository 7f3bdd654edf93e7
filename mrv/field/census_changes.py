"""Permanent plots: what became of each tree from one census to the next, and the change of each plot.

The change of a stratum is the mean of the changes of its plots, never the difference of two means. A change that rests on a
growth that cannot be, on a tree that came back to life, on a tree whose biomass is not known, on a census copied from the one
before, or on censuses of different areas is not given: it is null with the reason, and what the trees say stands beside it.
Of two censuses that contradict each other one is in doubt, and does not stand for its plot.
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
        doubts: Of each plot census in doubt, in what it contradicts another one.
    """

    trees: pa.Table
    plots: pa.Table
    doubts: Mapping[CensusKey, str]


@dataclass(frozen=True)
class _Doubt:
    """What the doubtful trees of a pair of censuses do together.

    Attributes:
        count: How many they are.
        net_mg_ha: Biomass that they add from the earlier census to the later one; negative where they take it.
        words: What is doubtful in them, with numbers; none where they weigh too little to put a census in doubt.
    """

    count: int
    net_mg_ha: Decimal
    words: tuple[str, ...]


def changes_of_plots(
    pairs: TreePairs, *, censuses: Mapping[CensusKey, PlotCensus], gaps: Mapping[CensusKey, str], doubt_percent: Decimal
) -> Changes:
    """Follow the trees of each plot from census to census.

    Where doubtful trees make two censuses contradict each other, the one with more of their biomass is in doubt: the smaller
    stock is the conservative one.

    Args:
        pairs: The trees.
        censuses: Every accepted plot census, those that the trees count.
        gaps: What the trees of a plot census lack (`mrv.field.stocks.gaps_of`).
        doubt_percent: Share of the earlier biomass that doubtful trees may add or take without a doubt.
    """
    bounds = bounds_of(pairs.trees, len(censuses))
    rows_of = {key: np.arange(bounds[at], bounds[at + 1]) for at, key in enumerate(censuses)}
    columns: dict[str, list[Any]] = {name: [] for name in DATASETS["tree_changes"].schema.names}
    rows: list[dict[str, Any]] = []
    doubts: dict[CensusKey, str] = {}
    sure: dict[str, PlotCensus] = {}
    seen: dict[str, IntArray] = {}
    for earlier, later in successive_censuses(censuses.values()):
        known = np.concatenate([seen.get(later.plot_id, rows_of[earlier.key][:0]), rows_of[earlier.key]])
        seen[later.plot_id] = known
        pair = pairs.between(earlier, later, rows_of[earlier.key], rows_of[later.key], seen=known)
        doubt = _doubt(earlier, later, pair, pairs.masses, gaps, doubt_percent)
        _add_tree_columns(columns, pairs, pair, earlier, later)
        rows.append(_plot_row(earlier, later, pair, pairs.masses, gaps, doubt))
        base = sure.setdefault(later.plot_id, earlier)
        if pair.copied:
            doubts[later.key] = f"copied_census of census {earlier.census_id}"
            continue
        if base is not earlier:
            other = pairs.between(base, later, rows_of[base.key], rows_of[later.key], seen=known)
            doubt = _doubt(base, later, other, pairs.masses, gaps, doubt_percent)
        if doubt.words and doubt.net_mg_ha > 0:
            doubts[later.key] = f"{', '.join(doubt.words)} against census {base.census_id}"
        elif doubt.words and later.key not in gaps:
            doubts[base.key] = f"{', '.join(doubt.words)} against census {later.census_id}"
        if later.key not in doubts and not (doubt.words and later.key in gaps):
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
    earlier: PlotCensus,
    later: PlotCensus,
    pair: Pair,
    masses: TreeMasses,
    gaps: Mapping[CensusKey, str],
    doubt: _Doubt,
) -> dict[str, Any]:
    def before(chosen: BoolArray) -> Decimal:
        return _mass(chosen, pair.before, pair.kg_before, masses, earlier)

    def after(chosen: BoolArray) -> Decimal:
        return _mass(chosen, pair.after, pair.kg_after, masses, later)

    agb_from, agb_to = before(pair.before >= 0), after(pair.after >= 0)
    recruitment = after(pair.of("recruit", "ongrowth", "resurrected", "refound"))
    # A tree that nobody found again is counted as lost: the smaller, conservative change.
    mortality = before(pair.of("death", "missing"))
    years = years_between(earlier, later)
    reasons = _reasons(earlier, later, pair, gaps, doubt)
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
        "doubtful_count": doubt.count,
        "doubtful_mg_ha": doubt.net_mg_ha,
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


def _reasons(
    earlier: PlotCensus, later: PlotCensus, pair: Pair, gaps: Mapping[CensusKey, str], doubt: _Doubt
) -> list[str]:
    found = {
        **{gap: gap in (gaps.get(earlier.key), gaps.get(later.key)) for gap in (SET_ASIDE, NOT_RECEIVED, CONTRADICTED)},
        "area_changed": _area_changed(earlier, later),
        "implausible_growth": any(not word.startswith("resurrected") for word in doubt.words),
        "resurrected_trees": any(word.startswith("resurrected") for word in doubt.words),
        "biomass_unknown": bool(pair.unknown.any()),
        "copied_census": pair.copied,
    }
    return [reason for reason, true in found.items() if true]


def _doubt(
    earlier: PlotCensus,
    later: PlotCensus,
    pair: Pair,
    masses: TreeMasses,
    gaps: Mapping[CensusKey, str],
    doubt_percent: Decimal,
) -> _Doubt:
    chosen = pair.doubtful
    if earlier.key in gaps or _area_changed(earlier, later):
        # A thick new tree may be one that was set aside, or may stand where nobody measured before.
        chosen &= pair.flag != FLAGS.index("recruit_too_large")
    counts = {flag: int((chosen & (pair.flag == FLAGS.index(flag))).sum()) for flag in IMPLAUSIBLE}
    counts["resurrected_trees"] = int(pair.of("resurrected").sum())
    before = _mass(chosen & (pair.before >= 0), pair.before, pair.kg_before, masses, earlier)
    after = _mass(chosen & (pair.after >= 0), pair.after, pair.kg_after, masses, later)
    whole = _mass(pair.before >= 0, pair.before, pair.kg_before, masses, earlier)
    weighty = abs(after - before) * 100 > doubt_percent * whole
    words = tuple(f"{name} ({count})" for name, count in counts.items() if count) if weighty else ()
    return _Doubt(int(chosen.sum()), after - before, words)


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
