"""Errors of trees carried through to plots by Monte Carlo: what is drawn for whom, and the draws of each plot."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.special import ndtr

from mrv.counter_random import entity_word, seed_word
from mrv.errors import InputError
from mrv.field.allometry_errors import AllometryErrors, coefficient_draws, errors_of
from mrv.field.height_errors import HeightErrors
from mrv.field.height_groups import POOLED
from mrv.field.montecarlo_kernel import (
    LARGE_ERROR_SD_CM,
    MEASURED,
    MIN_DBH_CM,
    Curves,
    Densities,
    Switches,
    Trees,
    simulate,
)

FloatArray = npt.NDArray[np.float64]
CensusKey = tuple[str, str]
"""(plot_id, census_id)."""

TREE_SOURCES = ("diameter", "wood_density", "height", "allometry")
"""Errors that are drawn tree by tree; `sampling` is drawn over plots (`mrv.field.sampling_draws`)."""
SD_CM_PER_CM, SD_CM = 0.0062, 0.0904
"""Usual error of a diameter: 0.0062 D + 0.0904 cm (Chave et al. 2004, doi:10.1098/rstb.2003.1425)."""
MIN_DENSITY, MAX_DENSITY = 0.08, 1.39
"""Least and greatest wood density in g/cm³ that is drawn, as in the R package BIOMASS."""
_KG_PER_MG = 1000
_DRAWS_AT_ONCE = 250


@dataclass(frozen=True)
class Stand:
    """Trees made ready for drawing.

    Attributes:
        censuses: The plot censuses, in the order of the columns of the draws.
        trees: The trees by census and tag.
        densities: The wood densities that differ.
        heights: Errors of the height models by group, in the order of their places; empty where every height was measured.
    """

    censuses: tuple[CensusKey, ...]
    trees: Trees
    densities: Densities
    heights: Mapping[str, HeightErrors]


def make_stand(
    tree_biomass: pa.Table,
    *,
    heights: Mapping[str, HeightErrors],
    censuses: Mapping[CensusKey, str],
    density_errors: bool = True,
) -> Stand:
    """Make the trees of plot censuses ready for drawing.

    The order of the rows changes nothing: they are sorted by plot, census and tree, and each tree is told from the others by
    these three. Trees of one species share the error of its wood density; so do those of one genus without a species, and
    those of one plot without any name.

    Args:
        tree_biomass: Rows of the measured table; standing dead trees and those without a biomass are left out.
        heights: Errors of the height models by group; `POOLED` for strata without one; empty if no height comes from one.
        censuses: Which plot censuses count, with their strata; one without a tree has no biomass in any draw.
        density_errors: Whether wood densities will be drawn; without, they need no standard deviation.

    Raises:
        InputError: An equation is unknown, or no wood density has a standard deviation.
    """
    wanted = set(censuses)
    rows = [
        row
        for row in tree_biomass.to_pylist()
        if (row["plot_id"], row["census_id"]) in wanted
        and row["agb_kg"] is not None
        and row["life_form"] != "standing_dead"
    ]
    rows.sort(key=lambda row: (row["plot_id"], row["census_id"], row["tree_id"]))
    ordered = tuple(sorted(wanted))
    densities, classes = _densities(rows, _missing_spread(rows) if density_errors else None)
    ordered_heights = dict(sorted(heights.items()))
    groups = {key: stratum if stratum in heights else POOLED for key, stratum in censuses.items()}
    return Stand(ordered, _trees(rows, ordered, classes, ordered_heights, groups), densities, ordered_heights)


def draw_plots(stand: Stand, *, draws: int, seed: int, sources: Collection[str], threads: int = 2) -> FloatArray:
    """Return above-ground biomass in Mg/ha of each draw and plot census, shape (draws, censuses).

    A number drawn depends on the seed, the draw and the tree, taxon or coefficient alone, and each draw adds its trees in
    their order: threads, chunks and other plots change no digit.

    Args:
        stand: The trees.
        draws: How many draws.
        seed: Seed of the project.
        sources: Which errors to draw, of `TREE_SOURCES`; what is not drawn stays as recorded.
        threads: How many threads share the draws.
    """
    on = Switches(*(name in sources for name in TREE_SOURCES))
    key = seed_word(seed)
    heights = stand.heights
    # Without a height model there is one place that no tree names, as the arrays want a shape.
    coefficients = [errors.draw(draws, seed=key, on=on.height, group=name) for name, errors in heights.items()]
    curves = Curves(
        height=np.stack(coefficients or [np.zeros((draws, 3))], axis=1),
        rse=np.array([errors.rse for errors in heights.values()] or [0.0]),
        log_max_height=np.log([errors.max_height_m for errors in heights.values()] or [1.0]),
        allometry=coefficient_draws(draws, seed=key, on=on.allometry),
    )
    out = np.empty((draws, len(stand.censuses)))

    def work(first: int) -> None:
        last = min(first + _DRAWS_AT_ONCE, draws)
        simulate(first, last, key, on, stand.trees, stand.densities, curves, out)

    with ThreadPoolExecutor(max_workers=threads) as pool:
        for _ in pool.map(work, range(0, draws, _DRAWS_AT_ONCE)):
            pass
    return out


def _trees(
    rows: Sequence[Mapping[str, Any]],
    censuses: Sequence[CensusKey],
    classes: Sequence[int],
    heights: Mapping[str, HeightErrors],
    groups: Mapping[CensusKey, str],
) -> Trees:
    place = {census: position for position, census in enumerate(censuses)}
    dbh, height_m, density, mg_ha = (
        np.array(values, dtype=np.float64).reshape(len(rows))
        for values in (
            [row["dbh_cm"] for row in rows],
            # Of trees whose equation takes no height: any value, as nothing answers to it.
            [row["height_m"] or 1.0 for row in rows],
            [row["wood_density_g_cm3"] for row in rows],
            [row["agb_kg"] * row["trees_per_ha"] / _KG_PER_MG for row in rows],
        )
    )
    known = {name: errors_of(name) for name in {row["allometry"] for row in rows}}
    found = [known[row["allometry"]] for row in rows]
    sd = SD_CM_PER_CM * dbh + SD_CM
    kinds = {name: errors.kind for name, errors in heights.items()}
    places = {name: position for position, name in enumerate(heights)}
    group = [groups[row["plot_id"], row["census_id"]] for row in rows]
    return Trees(
        word=np.array([entity_word(row["plot_id"], row["census_id"], row["tree_id"]) for row in rows], np.uint64),
        plot=np.array([place[row["plot_id"], row["census_id"]] for row in rows], np.int64),
        dbh_cm=dbh,
        log_dbh=np.log(dbh),
        sd_cm=sd,
        below_usual=ndtr((MIN_DBH_CM - dbh) / sd),
        below_large=ndtr((MIN_DBH_CM - dbh) / LARGE_ERROR_SD_CM),
        log_height=np.log(height_m),
        height_kind=np.array(
            [
                kinds.get(name, MEASURED) if errors.by_log_height and row["height_method"] != "measured" else MEASURED
                for row, errors, name in zip(rows, found, group, strict=True)
            ],
            np.int64,
        ),
        height_group=np.array([places.get(name, 0) for name in group], np.int64),
        density_class=np.array(classes, np.int64),
        log_size=np.log(density * dbh**2 * height_m),
        log_mg_ha=np.log(mg_ha),
        by_log_dbh=_column(found, "by_log_dbh"),
        by_log_dbh_squared=_column(found, "by_log_dbh_squared"),
        by_log_density=_column(found, "by_log_density"),
        by_log_height=_column(found, "by_log_height"),
        residual_sd=_column(found, "residual_sd"),
        shares_coefficients=np.array([errors.shares_coefficients for errors in found], np.bool_),
    )


def _column(found: Sequence[AllometryErrors], name: str) -> FloatArray:
    return np.array([getattr(errors, name) for errors in found], dtype=np.float64)


def _densities(rows: Sequence[Mapping[str, Any]], spread: Mapping[str, float] | None) -> tuple[Densities, list[int]]:
    """Return the wood densities that differ, in the order of their taxa, and the place of each tree's among them."""
    keys = [(_taxon(row), row["wood_density_g_cm3"], _spread_of(row, spread)) for row in rows]
    unique = sorted(set(keys))
    place = {key: position for position, key in enumerate(unique)}
    g_cm3 = np.array([density for _, density, _ in unique], dtype=np.float64)
    sd = np.array([spread for _, _, spread in unique], dtype=np.float64)
    # A spread of 0 has no tails; 1 stands in for it, and its errors are 0 all the same.
    width = np.where(sd > 0, sd, 1.0)
    densities = Densities(
        word=np.array([entity_word("taxon", *taxon) for taxon, _, _ in unique], np.uint64),
        g_cm3=g_cm3,
        sd_g_cm3=sd,
        below=ndtr((MIN_DENSITY - g_cm3) / width),
        above=ndtr((MAX_DENSITY - g_cm3) / width),
    )
    return densities, [place[key] for key in keys]


def _taxon(row: Mapping[str, Any]) -> tuple[str, ...]:
    names = tuple(row[rank] for rank in ("genus", "species") if row[rank])
    if names:
        return names
    return (row["family"],) if row["family"] else ("plot", row["plot_id"], row["census_id"])


def _spread_of(row: Mapping[str, Any], spread: Mapping[str, float] | None) -> float:
    if spread is None:
        return 0.0
    own = row["wood_density_sd_g_cm3"]
    if own is not None:
        return float(own)
    return spread.get(row["wood_density_level"], spread["*"])


def _missing_spread(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return the mean standard deviation by level, for wood densities that come without one; `*` is the mean of all."""
    by_level: dict[str, list[float]] = {"*": []}
    for row in rows:
        if row["wood_density_sd_g_cm3"] is not None:
            by_level.setdefault(row["wood_density_level"], []).append(row["wood_density_sd_g_cm3"])
            by_level["*"].append(row["wood_density_sd_g_cm3"])
    if rows and not by_level["*"]:
        raise InputError(
            "no wood density has a standard deviation",
            expected="sd_g_cm3 in the wood density table",
            found="none",
            where="wood_density",
            remedy="add the standard deviations, or leave wood_density out of field_carbon.uncertainty.sources",
        )
    return {level: math.fsum(values) / len(values) for level, values in by_level.items() if values}
