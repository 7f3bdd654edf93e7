"""Precision of plot means: the plots that a target asks for, and the mean over strata weighted by their areas."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mrv.errors import InputError
from mrv.intervals import student_t

MAX_PLOTS = 1_000_000


def plots_for_target(*, mean: float, sd: float, target_percent: float, confidence: float, plot_count: int) -> float:
    """Return (t·s / (target·mean))², with t for the plots that there are: how many plots the target asks for, unrounded.

    Args:
        mean: Mean over the plots.
        sd: Their standard deviation.
        target_percent: Half-width that the interval may have, in per cent of the mean.
        confidence: Of the interval.
        plot_count: Plots that there are, two or more.
    """
    t = student_t(confidence=confidence, degrees_of_freedom=plot_count - 1)
    return (t * sd / (target_percent / 100 * mean)) ** 2


def plots_needed(*, mean: float, sd: float, target_percent: float, confidence: float) -> int:
    """Return the smallest number of plots of the same spread whose interval meets the target, with the t of that number.

    Raises:
        InputError: The mean is 0 or the number is beyond all measure.
    """
    low, high = 1, 2
    if not mean > 0:
        raise InputError(
            "the plots that a precision asks for cannot be told for a mean of 0",
            found=str(mean),
            remedy="leave the pool out, or give it a target of its own",
        )

    def enough(count: int) -> bool:
        found = plots_for_target(
            mean=mean, sd=sd, target_percent=target_percent, confidence=confidence, plot_count=count
        )
        return found <= count

    # The demand falls with the number of plots, so that the first number that is enough can be sought by halves.
    while not enough(high):
        low, high = high, 2 * high
        if high > MAX_PLOTS:
            raise InputError(
                "a precision asks for more plots than can be laid out",
                expected=f"at most {MAX_PLOTS}",
                found=f"mean {mean}, standard deviation {sd}, target {target_percent} %",
                remedy="check the plots and the target",
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


@dataclass(frozen=True)
class Stratum:
    """What is known of a stratum: its weight, and mean, standard deviation and number of its plots."""

    weight: float
    mean: float
    sd: float | None
    plot_count: int


@dataclass(frozen=True)
class WeightedMean:
    """Mean over strata; spread is None where a stratum has a single plot.

    Attributes:
        mean: Σ W·x̄.
        se: √Σ W²s²/n.
        degrees_of_freedom: By Satterthwaite.
        ci90_half_width: Half-width of the 90 % interval by Student's t.
        ci95_half_width: The same at 95 %.
    """

    mean: float
    se: float | None
    degrees_of_freedom: float | None
    ci90_half_width: float | None
    ci95_half_width: float | None


def weighted_mean(strata: Sequence[Stratum]) -> WeightedMean:
    """Return the stratified mean with its interval; weights are made to sum to 1 (post-stratification by area).

    Cochran 1977, Sampling Techniques, 5.4 and 5A.; degrees of freedom by Satterthwaite 1946, doi:10.2307/3002019.

    Raises:
        InputError: There is no stratum, or the weights do not sum to a positive number.
    """
    total = math.fsum(stratum.weight for stratum in strata)
    if not total > 0 or any(stratum.weight < 0 for stratum in strata):
        raise InputError(
            "strata cannot be weighted",
            expected="areas of 0 or more that sum to more than 0",
            found=str([stratum.weight for stratum in strata]),
            remedy="measure the areas of the strata",
        )
    shares = [stratum.weight / total for stratum in strata]
    mean = math.fsum(share * stratum.mean for share, stratum in zip(shares, strata, strict=True))
    counted = [(share, stratum) for share, stratum in zip(shares, strata, strict=True) if share > 0]
    parts = [(share * stratum.sd) ** 2 / stratum.plot_count for share, stratum in counted if stratum.sd is not None]
    if len(parts) < len(counted):
        return WeightedMean(mean, None, None, None, None)
    variance = math.fsum(parts)
    if variance == 0:
        return WeightedMean(mean, 0.0, None, 0.0, 0.0)
    below = math.fsum(part**2 / (stratum.plot_count - 1) for part, (_, stratum) in zip(parts, counted, strict=True))
    freedom = variance**2 / below
    se = math.sqrt(variance)
    ci90, ci95 = (student_t(confidence=level, degrees_of_freedom=freedom) * se for level in (0.90, 0.95))
    return WeightedMean(mean, se, freedom, ci90, ci95)
