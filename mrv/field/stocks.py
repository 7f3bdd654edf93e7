"""Biomass of trees to biomass per hectare: exact sums, each tree with the area of its own nest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from mrv.errors import InputError
from mrv.field.nests import nest_positions
from mrv.field.plots import CensusKey, PlotCensus, latest_censuses
from mrv.field.rounding import BIOMASS_PLACES, to_factor
from mrv.field.strata import stratum_statistics
from mrv.field.trees import FloatArray, IntArray, Trees
from mrv.field.wood_density import LEVELS, WoodDensities

_UNITS_PER_KG = 10**BIOMASS_PLACES
_UNITS_PER_MG = 1000 * _UNITS_PER_KG
_LEVEL_COLUMNS = {
    "species": "species_level_count",
    "genus": "genus_level_count",
    "family": "family_level_count",
    "plot": "plot_mean_level_count",
}


SET_ASIDE, NOT_RECEIVED, CONTRADICTED = "trees_set_aside", "no_tree_received", "no_trees_contradicted"
_GAPS = {
    NOT_RECEIVED: "no_tree_received: neither a tree came, nor the word (no_trees) that there is none",
    CONTRADICTED: "no_trees_contradicted: the plot is said to have no trees, but trees came",
}


@dataclass(frozen=True)
class TreeMasses:
    """Biomass of trees and what each stands for, each column of shape (n,).

    Attributes:
        agb_kg: Biomass in kg with six decimals, NaN where it is not known.
        nest: Position of the nest of each tree in those of its census.
        trees_per_ha: How many trees of a hectare each stands for.
    """

    agb_kg: FloatArray
    nest: IntArray
    trees_per_ha: FloatArray

    @property
    def units(self) -> IntArray:
        """Biomass in whole milligrams, 0 where it is not known: sums of them are exact."""
        units: IntArray = np.rint(np.nan_to_num(self.agb_kg) * _UNITS_PER_KG).astype(np.int64)
        return units

    def take(self, chosen: IntArray) -> TreeMasses:
        """Return those of some of the trees."""
        return TreeMasses(self.agb_kg[chosen], self.nest[chosen], self.trees_per_ha[chosen])


def bounds_of(trees: Trees, count: int) -> IntArray:
    """Return where the trees of each of `count` censuses begin, and where the last ends; trees lie in their order."""
    return np.searchsorted(trees.census, np.arange(count + 1))


def gaps_of(
    censuses: Mapping[CensusKey, PlotCensus], trees: Trees, trees_set_aside: Mapping[CensusKey, int]
) -> dict[CensusKey, str]:
    """Return what the trees of a plot census lack, of those that lack any: one of the three words for it.

    Nothing recorded is not zero biomass, for the trees may have been lost on the way: only the team can say that there is none.

    Args:
        censuses: Every accepted plot census.
        trees: All their trees, alive or dead.
        trees_set_aside: How many trees of a plot census could not be used.
    """
    found = {}
    for (key, census), count in zip(censuses.items(), np.diff(bounds_of(trees, len(censuses))).tolist(), strict=True):
        if trees_set_aside.get(key, 0):
            found[key] = SET_ASIDE
        elif census.no_trees == bool(count):
            found[key] = CONTRADICTED if count else NOT_RECEIVED
    return found


def tree_masses(trees: Trees, agb_kg: FloatArray, censuses: Mapping[CensusKey, PlotCensus]) -> TreeMasses:
    """Return the biomass of each tree with the nest that it counts with.

    Args:
        trees: In the order of their keys.
        agb_kg: Their biomass in kg, NaN where it is not known.
        censuses: Those that `trees.census` counts.

    Raises:
        InputError: A tree is too thin for every nest of its plot.
    """
    nest = np.zeros(agb_kg.shape, dtype=np.int64)
    per_ha = np.zeros(agb_kg.shape)
    bounds = bounds_of(trees, len(censuses))
    for at, census in enumerate(censuses.values()):
        own = slice(int(bounds[at]), int(bounds[at + 1]))
        nest[own] = nest_positions(trees.dbh_cm[own], census.nests)
        if own.stop > own.start and nest[own].min() < 0:
            _refuse_thin(trees, own.start + int(np.argmin(nest[own])), census)
        per_ha[own] = np.array([one.trees_per_ha for one in census.nests])[nest[own]]
    return TreeMasses(agb_kg, nest, per_ha)


def mg_per_ha(units: IntArray, nest: IntArray, census: PlotCensus) -> Decimal:
    """Return the biomass of some trees of a census in Mg/ha, not rounded.

    Args:
        units: Their biomass in milligrams.
        nest: Position of their nests.
        census: Whose nests these are.
    """
    sums = ((int(units[nest == at].sum()), one) for at, one in enumerate(census.nests))
    return sum((Decimal(total) / _UNITS_PER_MG / Decimal(repr(one.area_ha)) for total, one in sums), Decimal(0))


def plot_rows(
    censuses: Mapping[CensusKey, PlotCensus],
    trees: Trees,
    masses: TreeMasses,
    density: WoodDensities,
    trees_set_aside: Mapping[CensusKey, int],
    gaps: Mapping[CensusKey, str],
    doubts: Mapping[CensusKey, str],
) -> dict[CensusKey, dict[str, Any]]:
    """Return the rows of `plot_biomass` of the living trees, by plot census.

    Args:
        censuses: Every accepted plot census.
        trees: The trees that have a biomass, in the order of their keys.
        masses: Of these trees.
        density: Of these trees.
        trees_set_aside: How many trees of a plot census could not be used.
        gaps: What the trees of a plot census lack (`gaps_of`).
        doubts: In what a plot census contradicts the one before it; one that does not is not among them.
    """
    bounds, units = bounds_of(trees, len(censuses)), masses.units
    rows = {}
    for at, (key, census) in enumerate(censuses.items()):
        own = np.arange(bounds[at], bounds[at + 1])[trees.alive[bounds[at] : bounds[at + 1]]]
        levels, reason = density.level[own], _why_not(trees_set_aside.get(key, 0), gaps.get(key), doubts.get(key))
        rows[key] = {
            "plot_id": census.plot_id,
            "census_id": census.census_id,
            "stratum_id": census.stratum_id,
            "area_ha": census.area_ha,
            "slope_factor": census.slope_factor,
            "layout_id": census.layout_id,
            "tree_count": len(own),
            **{column: int((levels == LEVELS.index(level)).sum()) for level, column in _LEVEL_COLUMNS.items()},
            "agb_mg": to_factor(Decimal(int(units[own].sum())) / _UNITS_PER_MG),
            "agb_mg_ha": to_factor(mg_per_ha(units[own], masses.nest[own], census)),
            "trees_set_aside": trees_set_aside.get(key, 0),
            "trees_without_biomass": int(np.isnan(masses.agb_kg[own]).sum()),
            "complete": reason is None,
            "reason": reason,
        }
    return rows


def _why_not(set_aside: int, gap: str | None, doubt: str | None) -> str | None:
    """Return why a census does not stand for its plot, None where it does."""
    found = [] if gap is None else [_GAPS.get(gap, f"{set_aside} tree(s) set aside")]
    return "; ".join([*found, f"census_in_doubt: {doubt}"] if doubt else found) or None


def stratum_rows(
    censuses: Mapping[CensusKey, PlotCensus], rows: Mapping[CensusKey, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the rows of `stratum_biomass`: statistics over the latest complete census of each plot."""
    # A census without some of its trees has too little biomass, and the large trees are those most often set aside; one that
    # contradicts the census before it would carry a wrong diameter into the tonnes.
    complete = [census for key, census in censuses.items() if rows[key]["complete"]]
    values = [(census.stratum_id, rows[census.key]["agb_mg_ha"]) for census in latest_censuses(complete)]
    found = []
    for stratum_id, of_plots in by_stratum(values).items():
        statistics = stratum_statistics(of_plots)
        found.append(
            {
                "stratum_id": stratum_id,
                "plot_count": statistics.n,
                "agb_mg_ha": to_factor(statistics.mean),
                "sd_mg_ha": optional_factor(statistics.sd),
                "se_mg_ha": optional_factor(statistics.se),
                "ci90_half_width_mg_ha": optional_factor(statistics.ci90_half_width),
                "ci95_half_width_mg_ha": optional_factor(statistics.ci95_half_width),
                "precision90_percent": optional_factor(statistics.precision90_percent),
            }
        )
    return found


def by_stratum(values: Iterable[tuple[str, Decimal]]) -> dict[str, list[Decimal]]:
    """Group the values of plots by stratum."""
    groups: dict[str, list[Decimal]] = {}
    for stratum_id, value in values:
        groups.setdefault(stratum_id, []).append(value)
    return groups


def optional_factor(value: float | None) -> Decimal | None:
    """Return a number with nine decimals, None of None."""
    return None if value is None else to_factor(value)


def _refuse_thin(trees: Trees, at: int, census: PlotCensus) -> None:
    tree_id = trees.table["tree_id"][at].as_py()
    raise InputError(
        "a tree is too thin for every nest of its plot",
        expected=f"at least {census.nests[0].min_dbh_cm} cm in layout {census.layout_id}",
        found=f"{trees.dbh_cm[at]} cm",
        where=f"trees, plot {census.plot_id!r}, census {census.census_id!r}, tree {tree_id!r}",
        remedy="mend its diameter, leave the tree out, or mend the layout of the plot",
    )
