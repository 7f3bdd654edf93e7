"""Plots to strata: mean, spread and confidence interval by Student's t."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from mrv.errors import InputError
from mrv.intervals import student_t


@dataclass(frozen=True)
class StratumStatistics:
    """Statistics of the plots of one stratum, each in Mg/ha; spread is None with one plot, never 0.

    Attributes:
        n: Number of plots.
        mean: Mean over plots, each with the same weight.
        sd: Sample standard deviation (n − 1).
        se: Standard error of the mean, sd/√n.
        ci90_half_width: Half-width of the two-sided 90 % interval, t(n − 1)·se.
        ci95_half_width: The same at 95 %.
        precision90_percent: `ci90_half_width` in per cent of the mean; None also where the mean is 0.
    """

    n: int
    mean: float
    sd: float | None
    se: float | None
    ci90_half_width: float | None
    ci95_half_width: float | None
    precision90_percent: float | None


def stratum_statistics(values_mg_ha: Sequence[Decimal]) -> StratumStatistics:
    """Return the statistics of plot values in Mg/ha; exact before rounding, whatever the order of the plots.

    Raises:
        InputError: There is no plot.
    """
    n = len(values_mg_ha)
    if n == 0:
        raise InputError(
            "a stratum has no plot",
            expected="at least one plot",
            found="none",
            remedy="give the stratum a plot, or take its stock from a table",
        )
    mean = float(statistics.mean(values_mg_ha))
    if n == 1:
        return StratumStatistics(n, mean, None, None, None, None, None)
    sd = float(statistics.stdev(values_mg_ha))
    se = sd / math.sqrt(n)
    ci90 = student_t(confidence=0.90, degrees_of_freedom=n - 1) * se
    ci95 = student_t(confidence=0.95, degrees_of_freedom=n - 1) * se
    return StratumStatistics(n, mean, sd, se, ci90, ci95, 100 * ci90 / mean if mean else None)
