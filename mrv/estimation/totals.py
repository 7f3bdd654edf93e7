"""Totals and ratios with their variances: the one core of every estimate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mrv.estimation.sample import Floats, Sample
from mrv.intervals import normal_z, student_t

Interval = Literal["normal", "student"]
"""Quantile of the intervals: that of the normal distribution, or Student's t at the degrees of freedom."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An estimate; None with its reason where there is none, never 0 in its place.

    Attributes:
        value: The estimate.
        se: Its standard error.
        ci90_half_width: Half-width of the two-sided 90 % interval.
        ci95_half_width: Half-width of the two-sided 95 % interval.
        unit_count: Units that it rests on.
        degrees_of_freedom: Units less strata, over the strata that have units of the domain.
        two_sided_90: The quantile of the 90 % interval.
        reason: Why there is none, or what keeps an interval of 0 from being certainty.
    """

    value: float | None
    se: float | None
    ci90_half_width: float | None
    ci95_half_width: float | None
    unit_count: int
    degrees_of_freedom: int
    two_sided_90: float | None
    reason: str | None = None

    @property
    def u90_percent(self) -> float | None:
        """Half-width of the 90 % interval in per cent of the estimate; None where that is 0 or null."""
        return 100 * self.ci90_half_width / self.value if self.value and self.ci90_half_width is not None else None


@dataclass(frozen=True)
class Moments:
    """Estimates of K totals or ratios and their variances, both of shape (K,)."""

    values: Floats
    variances: Floats


def totals(sample: Sample, y: Floats) -> Moments:
    """Estimate the area on which y = 1, or the area-weighted total of any y, over the frame.

    With a_u the area of unit u, the total of a stratum is A_h Σ a_u y_u / Σ a_u (Hájek): of the exact area of the
    stratum, the sampled share. Its variance is that of the linearised a_u (y_u − ȳ_h) / ā_h. With equal areas this is
    the stratified estimator of Cochran 1977, 5.1 to 5.3, and Olofsson et al. 2014, eq. 9 to 11.

    Args:
        sample: The sample.
        y: A value for each cell and variable, shape (C, K).
    """
    means, deviations = _centred(sample, y)
    return Moments(_over_frame(sample, means), _variances(sample, deviations))


def ratios(sample: Sample, y: Floats, x: Floats) -> Moments:
    """Estimate total of y / total of x, by Taylor linearisation; NaN where the total of x is 0.

    Source: Stehman 2014, IJRS 35, eq. 27 and 28; Särndal et al. 1992, 5.6.

    Args:
        sample: The sample.
        y: A value for each cell and variable, shape (C, K).
        x: The same, of the denominators.
    """
    y_means, y_deviations = _centred(sample, y)
    x_means, x_deviations = _centred(sample, x)
    y_totals, x_totals = _over_frame(sample, y_means), _over_frame(sample, x_means)
    x_totals[x_totals == 0] = np.nan
    values = y_totals / x_totals
    return Moments(values, _variances(sample, y_deviations - values * x_deviations) / x_totals**2)


def ratio_totals(sample: Sample, y: Floats, x: Floats, *, known_total: float) -> Moments:
    """Estimate totals of y by their ratio to x, whose total over the frame is known.

    Source: Cochran 1977, 6.11 (combined ratio estimator).
    """
    moments = ratios(sample, y, x)
    return Moments(moments.values * known_total, moments.variances * known_total**2)


def domain_totals(sample: Sample, y: Floats, *, inside: Floats, known_area: float | None) -> Moments:
    """Estimate totals of y, which is 0 outside a domain: as they are, or by the domain's area where it is known.

    Args:
        sample: The sample.
        y: A value for each cell and variable, shape (C, K).
        inside: 1 for the cells of the domain, 0 for the others, shape (C,).
        known_area: Area of the domain, in the unit of the strata's areas.
    """
    if known_area is None:
        return totals(sample, y)
    return ratio_totals(sample, y, np.repeat(inside[:, None], y.shape[1], axis=1), known_total=known_area)


def estimates(
    moments: Moments,
    *,
    unit_counts: list[int],
    degrees_of_freedom: int,
    interval: Interval,
) -> list[Estimate]:
    """Return values with their intervals; a variance of 0 is told, because it is not certainty."""
    z90, z95 = quantiles(interval, degrees_of_freedom=degrees_of_freedom)
    found = []
    for value, variance, unit_count in zip(
        moments.values.tolist(), moments.variances.tolist(), unit_counts, strict=True
    ):
        se = math.sqrt(variance)
        found.append(
            Estimate(
                value=value,
                se=se,
                ci90_half_width=z90 * se,
                ci95_half_width=z95 * se,
                unit_count=unit_count,
                degrees_of_freedom=degrees_of_freedom,
                two_sided_90=z90,
                reason=None if se else "the units of each stratum agree: an interval of 0 is not certainty",
            )
        )
    return found


def no_estimate(reason: str, *, unit_count: int = 0, degrees_of_freedom: int = 0) -> Estimate:
    """Return the absence of an estimate, with its reason."""
    return Estimate(
        value=None,
        se=None,
        ci90_half_width=None,
        ci95_half_width=None,
        unit_count=unit_count,
        degrees_of_freedom=degrees_of_freedom,
        two_sided_90=None,
        reason=reason,
    )


def quantiles(interval: Interval, *, degrees_of_freedom: int) -> tuple[float, float]:
    """Return the two-sided quantiles of 90 and 95 %."""
    if interval == "normal":
        return normal_z(confidence=0.90), normal_z(confidence=0.95)
    t90 = student_t(confidence=0.90, degrees_of_freedom=degrees_of_freedom)
    return t90, student_t(confidence=0.95, degrees_of_freedom=degrees_of_freedom)


def _centred(sample: Sample, y: Floats) -> tuple[Floats, Floats]:
    """Return the mean of each stratum, shape (H, K), and each cell's difference from it, shape (C, K)."""
    sums = np.add.reduceat(sample.cell_areas[:, None] * y, sample.first_cells, axis=0)
    means = sums / np.add.reduceat(sample.cell_areas, sample.first_cells)[:, None]
    return means, y - means[sample.cell_strata]


def _over_frame(sample: Sample, means: Floats) -> Floats:
    areas = np.array([stratum.area for stratum in sample.strata])
    return np.array([math.fsum(column) for column in (areas[:, None] * means).T.tolist()])


def _variances(sample: Sample, deviations: Floats) -> Floats:
    squares = np.add.reduceat(sample.cell_squares[:, None] * deviations**2, sample.first_cells, axis=0)
    between_units = squares / (sample.unit_counts - 1)[:, None]
    return np.array([math.fsum(column) for column in (sample.variance_factors[:, None] * between_units).T.tolist()])
