"""The estimators once more, slowly: unit by unit, in fractions, as the textbooks write them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mrv.estimation.sample import Estimator, Sample, Stratum

CLASSES = ("loss", "gain", "forest", "other")
Value = Callable[["Unit"], int]


@dataclass(frozen=True)
class Unit:
    unit_id: str
    stratum_id: str
    map_class: str
    reference_class: str
    zone_id: str = "pa"
    area: int = 1


@dataclass(frozen=True)
class Case:
    """A sample: whole areas and pixel counts, so that every result is a fraction."""

    strata: tuple[Stratum, ...]
    units: tuple[Unit, ...]
    estimator: Estimator = "stratified"
    fpc: bool = False

    def sample(self, units: Sequence[Unit] | None = None) -> Sample:
        units = self.units if units is None else units
        return Sample.of(
            self.strata,
            unit_ids=[unit.unit_id for unit in units],
            stratum_ids=[unit.stratum_id for unit in units],
            columns={
                name: [getattr(unit, name) for unit in units] for name in ("map_class", "reference_class", "zone_id")
            },
            legends={"map_class": CLASSES, "reference_class": CLASSES},
            unit_areas=[unit.area for unit in units],
            estimator=self.estimator,
            finite_population_correction=self.fpc,
        )


def total(case: Case, y: Value) -> tuple[Fraction, Fraction]:
    """Return a total over the frame and its variance."""
    return _sum(case, {unit.unit_id: Fraction(y(unit)) for unit in case.units})


def ratio(case: Case, y: Value, x: Value) -> tuple[Fraction, Fraction]:
    """Return a ratio of totals and its variance by Taylor linearisation: that of the total of y − R x, over X²."""
    denominator = total(case, x)[0]
    found = total(case, y)[0] / denominator
    residuals = {unit.unit_id: y(unit) - found * x(unit) for unit in case.units}
    return found, _sum(case, residuals)[1] / denominator**2


def _sum(case: Case, values: dict[str, Fraction]) -> tuple[Fraction, Fraction]:
    area = sum(Fraction(stratum.area) for stratum in case.strata)
    pixels = sum(stratum.pixel_count or 0 for stratum in case.strata)
    groups = [(Fraction(stratum.area), stratum.pixel_count, stratum.stratum_id) for stratum in case.strata]
    if case.estimator == "simple":
        groups = [(area, pixels, None)]
    value = variance = Fraction(0)
    n = len(case.units)
    for size, count, name in groups:
        units = [unit for unit in case.units if name in (None, unit.stratum_id)]
        n_h = len(units)
        mean = sum(unit.area * values[unit.unit_id] for unit in units) / Fraction(sum(unit.area for unit in units))
        mean_area = Fraction(sum(unit.area for unit in units), n_h)
        squares = sum(((values[unit.unit_id] - mean) * unit.area / mean_area) ** 2 for unit in units)
        s2 = Fraction(squares) / (n_h - 1)
        value += size * mean
        if case.estimator == "post_stratified":
            # Cochran 1977, 5A.42: (1 − f)/n Σ W_h s²_h + 1/n² Σ (1 − W_h) s²_h, times the area of the frame squared.
            weight = size / area
            left = 1 - (Fraction(n, pixels) if case.fpc else 0)
            variance += area**2 * (left / n * weight * s2 + (1 - weight) * s2 / n**2)
        else:
            variance += size**2 * (1 - (Fraction(n_h, count) if case.fpc else 0)) * s2 / n_h
    return value, variance
