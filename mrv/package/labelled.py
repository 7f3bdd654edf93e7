"""Whether what a package says of a sample follows from its labels: the label that counts, areas, accuracies, error matrix."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist
from typing import Any

from mrv.package.estimating import Anew, Estimator, Row, Unit
from mrv.units import UM2_PER_HA

WHOLE = "*"
USABLE = ("single", "agreed", "resolved")
UNDECIDED = ("open", "not_labelled")
ROUNDING_HA, ROUNDING_SHARE = 1e-6, 1e-9
"""Last digits of published areas and shares."""
_RELATIVE = 1e-11
"""How far two ways of adding up the same errors may differ."""
_Z90, _Z95 = NormalDist().inv_cdf(0.95), NormalDist().inv_cdf(0.975)

Tables = Mapping[str, Sequence[Row]]
"""Landed tables of one design by name."""


@dataclass(frozen=True)
class _Design:
    """A design with its usable units and the estimator over them."""

    strata: Sequence[Row]
    units: Sequence[Unit]
    estimator: Estimator
    together: bool
    years: int

    def frame_um2(self, zone: str, map_class: str | None = None) -> int | None:
        """Return the area of a zone's strata, or of those of a class; None where strata cross zones."""
        if zone != WHOLE and any(stratum["zone_id"] is None for stratum in self.strata):
            return None
        return sum(
            int(stratum["area_um2"])
            for stratum in self.strata
            if zone in (WHOLE, stratum["zone_id"]) and map_class in (None, stratum["map_class"])
        )

    def area(self, zone: str, reference_class: str, loss_year: int | None) -> Anew:
        """Estimate the area of a class, ha."""

        def of_class(unit: Unit) -> bool:
            return unit["reference_class"] == reference_class and loss_year in (None, unit["loss_year"])

        known = self.frame_um2(zone) if self.together and zone != WHOLE else None
        if known is None:
            return self.estimator.total(lambda unit: _within(unit, zone) and of_class(unit)).times(_HA)
        # Of a draw over the whole frame, a zone whose area is known is estimated as shares of it.
        return self.estimator.ratio(of_class, lambda unit: _within(unit, zone)).times(known * _HA)

    def accuracy(self, zone: str, measure: str, name: str) -> Anew:
        """Estimate an accuracy."""
        column = {"user": "map_class", "producer": "reference_class"}.get(measure)
        return self.estimator.ratio(
            lambda unit: unit["map_class"] == unit["reference_class"],
            lambda unit: _within(unit, zone) and (column is None or unit[column] == name),
        )


_HA = Fraction(1, UM2_PER_HA)


def _within(unit: Unit, zone: str) -> bool:
    return zone in (WHOLE, unit["zone_id"])


def unlike_labels(tables: Tables, drawn: Row) -> Iterator[str]:
    """Yield what a design's tables say that its labels do not.

    Args:
        tables: Rows of the design: sample_strata, sample_units, sample_labels, sample_reference, area_estimates, map_accuracy
            and error_matrix.
        drawn: Row of the design: whether it asks for the finite population correction, and its years.

    Raises:
        ArithmeticError: Something was estimated from a stratum with fewer than two usable units.
        LookupError: A unit has no reference, or is of no stratum.
    """
    reference = {row["unit_id"]: row for row in tables["sample_reference"]}
    yield from _unlike_reference(tables, reference)
    units = [{**row, **reference[row["unit_id"]]} for row in tables["sample_units"]]
    published = tables["area_estimates"]
    if undecided := sum(unit["outcome"] in UNDECIDED for unit in units):
        for row in published:
            if row["area_ha"] is not None:
                yield f"{_area(row)} is estimated though {undecided} units are undecided"
        return
    usable = [unit for unit in units if unit["outcome"] in USABLE]
    named = {row["estimator"] for row in published}
    if len(named) != 1:
        yield f"areas are estimated by {' and '.join(sorted(named)) or 'nothing'}"
        return
    (estimator,) = named
    strata = tables["sample_strata"]
    corrected = drawn["finite_population_correction"]
    design = _Design(
        strata,
        usable,
        Estimator(usable, strata, estimator=estimator, corrected=corrected),
        estimator == "simple",
        drawn["last_year"] - drawn["first_year"] + 1,
    )
    yield from _unlike_areas(design, published)
    yield from _unlike_accuracies(design, tables["map_accuracy"])
    yield from _unlike_matrix(design, tables["error_matrix"])


def _unlike_reference(tables: Tables, reference: Mapping[str, Row]) -> Iterator[str]:
    """Compare the label that counts with the labels; that a unit is open is taken as it is, since nothing comes of it."""
    labels: dict[str, list[Row]] = {}
    for label in tables["sample_labels"]:
        labels.setdefault(label["unit_id"], []).append(label)
    for unit in tables["sample_units"]:
        said = reference[unit["unit_id"]]
        outcome, seen = _settled(labels.get(unit["unit_id"], []))
        if said["outcome"] != "open" and (said["outcome"], said["reference_class"]) != (outcome, seen):
            yield f"{unit['unit_id']} is {said['outcome']} ({said['reference_class']}), its labels make it {outcome} ({seen})"


def _settled(labels: Sequence[Row]) -> tuple[str, str | None]:
    own = [label for label in labels if label["role"] == "interpreter"]
    resolutions = [label for label in labels if label["role"] == "resolution"]
    classes = {label["reference_class"] if label["usable"] else None for label in resolutions or own}
    if len(classes) != 1:
        return ("open" if classes else "not_labelled"), None
    (seen,) = classes
    if seen is None:
        return "unusable", None
    return ("resolved" if resolutions else "single" if len(own) == 1 else "agreed"), seen


def _unlike_areas(design: _Design, published: Sequence[Row]) -> Iterator[str]:
    for row in published:
        zone, name, year = row["zone_id"], row["reference_class"], row["loss_year"]
        mapped = design.frame_um2(zone, name) if year is None else None
        said = row["map_area_ha"]
        if (mapped is None) != (said is None) or (
            mapped is not None and _differs(said, float(mapped * _HA), ROUNDING_HA)
        ):
            yield f"{_area(row)} is {said} ha on the map, its strata make {mapped and float(mapped * _HA)}"
        if row["area_ha"] is None:
            continue
        found = design.area(zone, name, year)
        wanted = {
            "area_ha": float(found.value),
            "se_ha": found.se,
            "ci90_half_width_ha": _Z90 * found.se,
            "ci95_half_width_ha": _Z95 * found.se,
        }
        if name == "loss" and year is None:
            wanted |= {"mpl_years": float(design.years), "area_ha_per_year": float(found.value) / design.years}
            if mapped is not None:
                wanted["unseen_upper95_ha"] = _unseen_ha(design, zone)
        yield from _first_unlike(_area(row), row, wanted, ROUNDING_HA)


def _unseen_ha(design: _Design, zone: str) -> float:
    """Return the loss that strata of a zone without a unit of loss could hide: the sum of their one-sided 95 % bounds."""
    bounds = []
    for stratum in design.strata:
        units = [unit for unit in design.units if unit["stratum_id"] == stratum["stratum_id"]]
        if zone in (WHOLE, stratum["zone_id"]) and all(unit["reference_class"] != "loss" for unit in units):
            hidden = 1 - 0.05 ** (1 / len(units)) if units else 1.0
            bounds.append(int(stratum["area_um2"]) / UM2_PER_HA * hidden)
    return math.fsum(bounds)


def _unlike_accuracies(design: _Design, rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        if row["accuracy"] is not None:
            found = design.accuracy(row["zone_id"], row["measure"], row["map_class"])
            wanted = {
                "accuracy": float(found.value),
                "se": found.se,
                "ci90_half_width": _Z90 * found.se,
                "ci95_half_width": _Z95 * found.se,
            }
            name = f"{row['design_id']}: {row['measure']} accuracy of {row['map_class']} in {row['zone_id']}"
            yield from _first_unlike(name, row, wanted, ROUNDING_SHARE)


def _unlike_matrix(design: _Design, rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        zone, cell = row["zone_id"], (row["map_class"], row["reference_class"])
        here = [unit for unit in design.units if _within(unit, zone)]
        count = sum((unit["map_class"], unit["reference_class"]) == cell for unit in here)
        name = f"{row['design_id']}: {cell[0]} on the map and {cell[1]} seen in {zone}"
        if row["unit_count"] != count:
            yield f"{name} has {row['unit_count']} units, the labels give {count}"
        elif row["area_share"] is not None:
            share = design.estimator.ratio(
                lambda unit, cell=cell: (unit["map_class"], unit["reference_class"]) == cell,  # type: ignore[misc]
                lambda unit, zone=zone: _within(unit, zone),  # type: ignore[misc]
            )
            yield from _first_unlike(name, row, {"area_share": float(share.value)}, ROUNDING_SHARE)


def _first_unlike(name: str, row: Row, wanted: Mapping[str, float], rounding: float) -> Iterator[str]:
    for column, value in wanted.items():
        if _differs(row[column], value, rounding):
            yield f"{name} has {column} {row[column]}, the labels give {value:.6f}"
            return


def _differs(said: Any, value: float, rounding: float) -> bool:
    return said is None or abs(float(said) - value) > rounding + _RELATIVE * value


def _area(row: Row) -> str:
    year = f" {row['loss_year']}" if row["loss_year"] is not None else ""
    return f"{row['design_id']}: {row['reference_class']}{year} of {row['zone_id']}"
