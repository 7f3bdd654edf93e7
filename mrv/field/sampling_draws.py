"""From the draws of plots to those of strata and the land: which plots the sample might have held instead."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mrv.counter_random import entity_word, seed_word, units_of
from mrv.field.montecarlo_kernel import SAMPLING_STREAM

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Spread:
    """What draws say: mean, median, standard deviation and quantiles, in the unit of the draws."""

    mean: float
    median: float
    sd: float
    q025: float
    q05: float
    q95: float
    q975: float


def stratum_draws(plot_draws: FloatArray, *, stratum_id: str, seed: int, sampling: bool) -> FloatArray:
    """Return the mean over the plots of a stratum for each draw, shape (draws,).

    With sampling errors each draw takes n − 1 of the n plots with replacement, whose mean has the variance s²/n of a sample
    of n (Rao and Wu 1988, doi:10.1080/01621459.1988.10478591); n of n would make it too small.

    Args:
        plot_draws: Draws of the stratum's plots, shape (draws, n), in the order of the plots.
        stratum_id: Stratum.
        seed: Seed of the project.
        sampling: Whether the plots are drawn; with one plot they cannot be.
    """
    draws, plots = plot_draws.shape
    if not sampling or plots == 1:
        return _mean_of_columns(plot_draws)
    words = np.array([entity_word("sampling", stratum_id, str(pick)) for pick in range(plots - 1)], np.uint64)
    picked = (units_of(words, draws, SAMPLING_STREAM, seed_word(seed)) * plots).astype(np.int64)
    return _mean_of_columns(np.take_along_axis(plot_draws, picked, axis=1))


def land_draws(draws: Mapping[str, FloatArray], *, areas_ha: Mapping[str, float]) -> FloatArray:
    """Return the mean over strata, weighted by their areas, for each draw, shape (draws,).

    Args:
        draws: Draws of each stratum.
        areas_ha: Area of each of these strata.
    """
    names = sorted(draws)
    total = math.fsum(areas_ha[name] for name in names)
    return _mean_of_columns(np.stack([draws[name] * (areas_ha[name] / total) for name in names], axis=1)) * len(names)


def spread_of(draws: FloatArray) -> Spread:
    """Return mean, median, standard deviation (n − 1) and quantiles (linear between draws)."""
    mean = math.fsum(draws.tolist()) / draws.size
    sd = math.sqrt(math.fsum(((draws - mean) ** 2).tolist()) / (draws.size - 1))
    q025, q05, median, q95, q975 = (float(value) for value in np.quantile(draws, [0.025, 0.05, 0.5, 0.95, 0.975]))
    return Spread(mean, median, sd, q025, q05, q95, q975)


def _mean_of_columns(values: FloatArray) -> FloatArray:
    """Add the columns one after the other, so that the order of the sum is the same on every machine."""
    total = np.zeros(values.shape[0])
    for column in range(values.shape[1]):
        total += values[:, column]
    mean: FloatArray = total / values.shape[1]
    return mean
