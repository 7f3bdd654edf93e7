"""Estimates by the formulas of docs/methods/area-estimation.md, written a second time: a check of the platform's own.

It shares no code with `mrv.estimation`: areas are exact fractions, units are taken one by one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mrv.units import UM2_PER_HA

WHOLE = "*"
"""Zone of what is estimated for everything sampled; also the one stratum of a draw over the whole frame."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Anew:
    """An area estimated anew.

    Attributes:
        area_ha: The area, exactly.
        se_ha: Its standard error.
    """

    area_ha: Fraction
    se_ha: float


@dataclass
class _Stratum:
    """A stratum with its units: area of each, and whether it is of the class and of the zone."""

    area_um2: int
    pixel_count: int
    units: list[tuple[int, bool, bool]]

    def share(self, place: int) -> Fraction:
        """Return the share of the units' area of the class (1) or of the zone (2)."""
        hit = sum(unit[0] for unit in self.units if unit[place])
        return Fraction(hit, sum(unit[0] for unit in self.units))

    def spread(self, ratio: float) -> float:
        """Return s² of the class less ratio times the zone, each unit weighted by its area over their mean."""
        mean = sum(unit[0] for unit in self.units) / len(self.units)
        centre = float(self.share(1)) - ratio * float(self.share(2))
        squares = ((size / mean * (of_class - ratio * of_zone - centre)) ** 2 for size, of_class, of_zone in self.units)
        return math.fsum(squares) / (len(self.units) - 1)


def anew(row: Row, usable: Sequence[tuple[Row, Row]], strata: Sequence[Row], *, corrected: bool) -> Anew:
    """Estimate an area from the labels.

    Args:
        row: Row of `area_estimates`: zone, class, year of loss and estimator.
        usable: Units of the design with a label that counts, each with its row of `sample_reference`.
        strata: Strata of the design.
        corrected: Whether the design asks for the finite population correction.

    Raises:
        ArithmeticError: A stratum has fewer than two usable units.
    """
    together = row["estimator"] == "simple"
    known = None
    if together and row["zone_id"] in {stratum["zone_id"] for stratum in strata}:
        known = sum(int(stratum["area_um2"]) for stratum in strata if stratum["zone_id"] == row["zone_id"])
    found = _filled(row, usable, strata, together=together)
    total = sum((item.area_um2 * item.share(1) for item in found), Fraction(0))
    factors = _factors(found, row["estimator"], corrected=corrected)
    if known is None:
        return Anew(total / UM2_PER_HA, _error(found, factors, ratio=0.0) / UM2_PER_HA)
    # A zone whose area is known: the class as a share of what was drawn there.
    inside = sum((item.area_um2 * item.share(2) for item in found), Fraction(0))
    ratio = total / inside
    error = _error(found, factors, ratio=float(ratio)) / float(inside)
    return Anew(ratio * known / UM2_PER_HA, error * known / UM2_PER_HA)


def _filled(row: Row, usable: Sequence[tuple[Row, Row]], strata: Sequence[Row], *, together: bool) -> list[_Stratum]:
    found: dict[str, _Stratum] = {}
    for stratum in strata:
        one = found.setdefault(WHOLE if together else stratum["stratum_id"], _Stratum(0, 0, []))
        one.area_um2 += int(stratum["area_um2"])
        one.pixel_count += stratum["pixel_count"]
    for unit, label in usable:
        of_zone = row["zone_id"] in (WHOLE, unit["zone_id"])
        of_class = label["reference_class"] == row["reference_class"] and row["loss_year"] in (None, label["loss_year"])
        found[WHOLE if together else unit["stratum_id"]].units.append(
            (int(unit["area_um2"]), of_zone and of_class, of_zone)
        )
    return list(found.values())


def _factors(strata: Sequence[_Stratum], estimator: str, *, corrected: bool) -> list[float]:
    """Return what s² of each stratum adds to the variance of a total, um⁴."""
    if estimator == "post_stratified":
        area, n = sum(item.area_um2 for item in strata), sum(len(item.units) for item in strata)
        left = 1 - n / sum(item.pixel_count for item in strata) if corrected else 1.0
        weights = [item.area_um2 / area for item in strata]
        return [area**2 * (left * weight / n + (1 - weight) / n**2) for weight in weights]
    return [
        item.area_um2**2 / len(item.units) * (1 - len(item.units) / item.pixel_count if corrected else 1.0)
        for item in strata
    ]


def _error(strata: Sequence[_Stratum], factors: Sequence[float], *, ratio: float) -> float:
    return math.sqrt(math.fsum(factor * item.spread(ratio) for factor, item in zip(factors, strata, strict=True)))
