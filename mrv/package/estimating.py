"""Estimates by the formulas of docs/methods/area-estimation.md, written a second time: a check of the platform's own.

It shares no code with `mrv.estimation`: shares are exact fractions, and units are taken one by one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Row = Mapping[str, Any]
Unit = Mapping[str, Any]
"""A usable unit: its row of `sample_units` with that of `sample_reference`."""
Test = Callable[[Unit], bool]
WHOLE_FRAME = "*"
"""The one stratum of a draw over the whole frame."""


@dataclass(frozen=True)
class Anew:
    """What was estimated anew.

    Attributes:
        value: An area, um², or a share.
        se: Its standard error.
    """

    value: Fraction
    se: float

    def times(self, factor: Fraction) -> Anew:
        """Return the same in another unit, or a share of something known."""
        return Anew(self.value * factor, self.se * float(factor))


@dataclass
class _Stratum:
    """A stratum with its units: area of each, and whether it counts in the numerator and in the denominator."""

    area_um2: int
    pixel_count: int
    units: list[tuple[int, bool, bool]]

    def share(self, place: int) -> Fraction:
        """Return the share of the units' area in the numerator (1) or in the denominator (2)."""
        hit = sum(unit[0] for unit in self.units if unit[place])
        return Fraction(hit, sum(unit[0] for unit in self.units))

    def spread(self, ratio: float) -> float:
        """Return s² of the numerator less ratio times the denominator, units weighted by their area over the mean."""
        mean = sum(unit[0] for unit in self.units) / len(self.units)
        centre = float(self.share(1)) - ratio * float(self.share(2))
        squares = ((size / mean * (y - ratio * x - centre)) ** 2 for size, y, x in self.units)
        return math.fsum(squares) / (len(self.units) - 1)


class Estimator:
    """Estimates from the usable units of one design."""

    def __init__(self, units: Sequence[Unit], strata: Sequence[Row], *, estimator: str, corrected: bool) -> None:
        """Take the units.

        Args:
            units: Usable units.
            strata: All strata.
            estimator: `stratified`, `post_stratified` or `simple`.
            corrected: Whether the design asks for the finite population correction.
        """
        self._units, self._strata, self._estimator, self._corrected = units, strata, estimator, corrected

    def total(self, y: Test) -> Anew:
        """Estimate the area, um², on which something holds.

        Raises:
            ArithmeticError: A stratum has fewer than two usable units.
        """
        found = self._filled(y, lambda _: False)
        return Anew(sum((item.area_um2 * item.share(1) for item in found), Fraction(0)), self._error(found, ratio=0.0))

    def ratio(self, y: Test, x: Test) -> Anew:
        """Estimate the share of the area with x on which y holds as well.

        Raises:
            ArithmeticError: A stratum has fewer than two usable units, or no unit has x.
        """
        found = self._filled(lambda unit: x(unit) and y(unit), x)
        inside = sum((item.area_um2 * item.share(2) for item in found), Fraction(0))
        value = sum((item.area_um2 * item.share(1) for item in found), Fraction(0)) / inside
        return Anew(value, self._error(found, ratio=float(value)) / float(inside))

    def _filled(self, y: Test, x: Test) -> list[_Stratum]:
        together = self._estimator == "simple"
        found: dict[str, _Stratum] = {}
        for stratum in self._strata:
            one = found.setdefault(WHOLE_FRAME if together else stratum["stratum_id"], _Stratum(0, 0, []))
            one.area_um2 += int(stratum["area_um2"])
            one.pixel_count += stratum["pixel_count"]
        for unit in self._units:
            of_stratum = found[WHOLE_FRAME if together else unit["stratum_id"]]
            of_stratum.units.append((int(unit["area_um2"]), y(unit), x(unit)))
        return list(found.values())

    def _error(self, strata: Sequence[_Stratum], *, ratio: float) -> float:
        factors = self._factors(strata)
        return math.sqrt(math.fsum(factor * item.spread(ratio) for factor, item in zip(factors, strata, strict=True)))

    def _factors(self, strata: Sequence[_Stratum]) -> list[float]:
        """Return what s² of each stratum adds to the variance of a total, um⁴."""
        if self._estimator == "post_stratified":
            area, n = sum(item.area_um2 for item in strata), sum(len(item.units) for item in strata)
            left = 1 - n / sum(item.pixel_count for item in strata) if self._corrected else 1.0
            weights = [item.area_um2 / area for item in strata]
            return [area**2 * (left * weight / n + (1 - weight) / n**2) for weight in weights]
        return [
            item.area_um2**2 / len(item.units) * (1 - len(item.units) / item.pixel_count if self._corrected else 1.0)
            for item in strata
        ]
