"""The compiled loop of the Monte Carlo: biomass of plots, one draw after the other."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mrv.counter_random import normal_quantile, philox, unit

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

TREE_STREAM, DENSITY_STREAM, HEIGHT_STREAM, ALLOMETRY_STREAM, SAMPLING_STREAM = 1, 2, 3, 4, 5
LARGE_ERROR_SHARE = 0.05
LARGE_ERROR_SD_CM = 4.64
MIN_DBH_CM = 0.1
MIN_HEIGHT_M = 1.3
LOG_MIN_HEIGHT = math.log(MIN_HEIGHT_M)
MEASURED, LOG_PARABOLA, WEIBULL = 0, 1, 2
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)


class Trees(NamedTuple):
    """Trees in the order of their keys; arrays of shape (n,).

    Attributes:
        word: What stands for the tree (`counter_random.entity_word`).
        plot: Place of its plot census.
        dbh_cm: Diameter.
        log_dbh: ln of it.
        sd_cm: Standard deviation of the usual error of the diameter.
        below_usual: Probability that the usual error makes the diameter smaller than `MIN_DBH_CM`.
        below_large: The same of the large error.
        log_height: ln of the height in m that its biomass was made with.
        height_kind: MEASURED, LOG_PARABOLA or WEIBULL.
        height_group: Place of its height model in `Curves`.
        density_class: Place in `Densities`.
        log_size: ln(ρD²H) of the recorded values.
        log_mg_ha: ln of what the tree adds to its plot in Mg/ha.
        by_log_dbh: Change of ln AGB with ln D.
        by_log_dbh_squared: Change of ln AGB with (ln D)².
        by_log_density: Change of ln AGB with ln ρ.
        by_log_height: Change of ln AGB with ln H.
        residual_sd: Standard deviation of ln AGB around the equation.
        shares_coefficients: Whether the errors of the equation's coefficients are known and hold for the tree.
    """

    word: Words
    plot: NDArray[np.int64]
    dbh_cm: Floats
    log_dbh: Floats
    sd_cm: Floats
    below_usual: Floats
    below_large: Floats
    log_height: Floats
    height_kind: NDArray[np.int64]
    height_group: NDArray[np.int64]
    density_class: NDArray[np.int64]
    log_size: Floats
    log_mg_ha: Floats
    by_log_dbh: Floats
    by_log_dbh_squared: Floats
    by_log_density: Floats
    by_log_height: Floats
    residual_sd: Floats
    shares_coefficients: NDArray[np.bool_]


class Densities(NamedTuple):
    """Wood densities as they differ; arrays of shape (classes,).

    Attributes:
        word: What stands for the taxon: classes of one taxon err together.
        g_cm3: Wood density.
        sd_g_cm3: Its standard deviation.
        below: Probability that the error takes it below the least density there is.
        above: Probability that it does not take it above the greatest.
    """

    word: Words
    g_cm3: Floats
    sd_g_cm3: Floats
    below: Floats
    above: Floats


class Curves(NamedTuple):
    """What holds for a whole draw.

    Attributes:
        height: Coefficients of the height models, shape (draws, models, 3).
        rse: Residual standard error of the heights of each model: of ln H for the parabola, in m for Weibull's curve.
        log_max_height: ln of the greatest height in m that is drawn of each model.
        allometry: Errors of the intercept and slope of the allometry, shape (draws, 2).
    """

    height: Floats
    rse: Floats
    log_max_height: Floats
    allometry: Floats


class Switches(NamedTuple):
    """Which errors are drawn; what is off stays as it was recorded."""

    diameter: bool
    wood_density: bool
    height: bool
    allometry: bool


@njit(cache=True, nogil=True, error_model="numpy")
def simulate(
    first: int,
    last: int,
    seed: np.uint64,
    on: Switches,
    trees: Trees,
    densities: Densities,
    curves: Curves,
    out: Floats,
) -> None:
    """Fill `out`, shape (draws, plots), with the above-ground biomass in Mg/ha of the draws `first` to `last` (excluded).

    Trees are added in their order within one draw, so that how the draws are shared among threads changes no digit.
    """
    shift = np.zeros(densities.word.size)
    for draw in range(first, last):
        if on.wood_density:
            _draw_densities(draw, seed, densities, shift)
        for place in range(out.shape[1]):
            out[draw, place] = 0.0
        for tree in range(trees.word.size):
            word = trees.word[tree]
            words = philox(np.uint64(draw), np.uint64(TREE_STREAM), word & _LOW, word >> _SHIFT, np.uint64(seed))
            recorded = trees.log_dbh[tree]
            log_dbh = recorded
            if on.diameter:
                log_dbh = math.log(_draw_diameter(trees, tree, unit(words[0]), unit(words[1])))
            log_height = _log_height(draw, on, trees, tree, curves, log_dbh, words[2])
            by_dbh, by_height = log_dbh - recorded, log_height - trees.log_height[tree]
            by_density = shift[trees.density_class[tree]]
            log_agb = (
                trees.log_mg_ha[tree]
                + trees.by_log_dbh[tree] * by_dbh
                + trees.by_log_dbh_squared[tree] * (log_dbh * log_dbh - recorded * recorded)
                + trees.by_log_density[tree] * by_density
                + trees.by_log_height[tree] * by_height
            )
            if on.allometry:
                sd = trees.residual_sd[tree]
                log_agb += sd * normal_quantile(unit(words[3])) - 0.5 * sd * sd
                if trees.shares_coefficients[tree]:
                    size = trees.log_size[tree] + by_density + 2.0 * by_dbh + by_height
                    log_agb += curves.allometry[draw, 0] + curves.allometry[draw, 1] * size
            out[draw, trees.plot[tree]] += math.exp(log_agb)


@njit(cache=True, nogil=True, error_model="numpy")
def _draw_densities(draw: int, seed: np.uint64, densities: Densities, shift: Floats) -> None:
    for place in range(densities.word.size):
        word = densities.word[place]
        words = philox(np.uint64(draw), np.uint64(DENSITY_STREAM), word & _LOW, word >> _SHIFT, np.uint64(seed))
        low, high = densities.below[place], densities.above[place]
        error = densities.sd_g_cm3[place] * normal_quantile(low + unit(words[0]) * (high - low))
        shift[place] = math.log1p(error / densities.g_cm3[place])


@njit(cache=True, nogil=True, error_model="numpy")
def _draw_diameter(trees: Trees, tree: int, kind: float, size: float) -> float:
    sd, below = trees.sd_cm[tree], trees.below_usual[tree]
    if kind < LARGE_ERROR_SHARE:
        sd, below = LARGE_ERROR_SD_CM, trees.below_large[tree]
    drawn: float = trees.dbh_cm[tree] + sd * normal_quantile(below + size * (1.0 - below))
    return max(drawn, MIN_DBH_CM)


@njit(cache=True, nogil=True, error_model="numpy")
def _log_height(
    draw: int, on: Switches, trees: Trees, tree: int, curves: Curves, log_dbh: float, word: np.uint64
) -> float:
    kind = trees.height_kind[tree]
    if kind == MEASURED or not (on.diameter or on.height):
        recorded: float = trees.log_height[tree]
        return recorded
    group = trees.height_group[tree]
    c0, c1, c2 = curves.height[draw, group, 0], curves.height[draw, group, 1], curves.height[draw, group, 2]
    rse: float = curves.rse[group]
    log_max_height: float = curves.log_max_height[group]
    if kind == LOG_PARABOLA:
        log_height: float = c0 + c1 * log_dbh + c2 * log_dbh * log_dbh
        if on.height:
            log_height += rse * normal_quantile(unit(word))
        else:
            log_height += 0.5 * rse * rse
        return min(max(log_height, LOG_MIN_HEIGHT), log_max_height)
    height_m: float = c0 * (1.0 - math.exp(-c1 * math.exp(c2 * log_dbh)))
    if on.height:
        height_m += rse * normal_quantile(unit(word))
    return min(math.log(max(height_m, MIN_HEIGHT_M)), log_max_height)
