"""Measure samples: labels of drawn units to the areas of classes, the accuracy of the map and the agreement of interpreters."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, get_args

import pyarrow as pa

from mrv.errors import ProjectError
from mrv.estimation.accuracy import Accuracy, error_matrix, map_accuracy
from mrv.estimation.areas import ClassArea, class_areas
from mrv.estimation.sample import LEAST_UNITS, WHOLE_FRAME, Estimator, Sample, Stratum
from mrv.estimation.totals import Estimate, no_estimate
from mrv.estimation.udef import unplanned_deforestation
from mrv.project_sampling import MapClass
from mrv.schemas import DATASETS
from mrv.stages.check import Checked, table_hash
from mrv.stages.context import Context
from mrv.stages.measure import Measured, run_measurement
from mrv.stages.sample_reference import UnitKey, resolve_labels, waiting_reason
from mrv.units import um2_to_ha

RECEIVED_TABLES = ("sample_designs", "sample_strata", "sample_units", "sample_labels")
ALL = "*"
"""Zone of what is estimated for everything that was sampled, and class of what is about all classes."""
USABLE = ("single", "agreed", "resolved")
"""Outcomes of a unit with one label that counts."""
_OF_LOSS = ("t_two_sided_90", "mpl_years", "area_ha_per_year", "unseen_upper95_ha")
"""Columns that only the loss of all years has."""
_FIVE_PERCENT = 0.05
_NAMED = 5
"""Strata that a reason names before it counts the others."""
_HECTARES, _SHARE = Decimal("0.000001"), Decimal("0.000000001")

Row = Mapping[str, Any]


def measure_sample(context: Context, checked: Mapping[str, Checked]) -> Measured | None:
    """Settle the labels of each design and estimate from them; None where the period has no design.

    Args:
        context: The run.
        checked: The accepted tables that sources gave.

    Raises:
        ProjectError: Two designs sample the same zone.
    """
    if "sample_designs" not in checked:
        return None
    tables = {name: checked[name].table() if name in checked else DATASETS[name].empty() for name in RECEIVED_TABLES}
    if not tables["sample_designs"].num_rows:
        return None
    refuse_shared_zones(tables["sample_units"], where=str(context.project.file))
    set_aside = labels_set_aside(checked)
    inputs = {**{name: table_hash(table) for name, table in tables.items()}, "set_aside": sorted(set_aside)}
    return run_measurement(context, "sample", inputs, lambda: estimate_tables(tables, set_aside=set_aside))


def labels_set_aside(checked: Mapping[str, Checked]) -> set[UnitKey]:
    """Return the units of which a label or a resolution was set aside."""
    from expectations.sample_tables import units_set_aside

    if "sample_labels" not in checked:
        return set()
    counts, _ = units_set_aside(checked["sample_labels"].set_aside(), checked["sample_units"].table())
    return set(counts)


def refuse_shared_zones(units: pa.Table, *, where: str) -> None:
    """Refuse that two designs sample one zone: it could not be told which of them counts.

    Raises:
        ProjectError: They do.
    """
    designs: dict[str, set[str]] = {}
    for design, zone in zip(units["design_id"].to_pylist(), units["zone_id"].to_pylist(), strict=True):
        designs.setdefault(zone, set()).add(design)
    shared = [f"{zone}: {', '.join(sorted(names))}" for zone, names in sorted(designs.items()) if len(names) > 1]
    if shared:
        raise ProjectError(
            "two sample designs of one period sample the same zone",
            expected="one design for each zone",
            found="; ".join(shared),
            where=f"{where}, sources (connector sample)",
            remedy="keep the source of the design that counts",
        )


def estimate_tables(tables: Mapping[str, pa.Table], *, set_aside: Collection[UnitKey] = ()) -> dict[str, pa.Table]:
    """Return the measured tables of all designs.

    Args:
        tables: Accepted rows of `RECEIVED_TABLES`.
        set_aside: Units of which a label or a resolution was set aside.
    """
    reference, agreement = resolve_labels(tables["sample_units"], tables["sample_labels"], set_aside=set_aside)
    found: dict[str, list[Row]] = {name: [] for name in ("area_estimates", "map_accuracy", "error_matrix")}
    for design in _designs(tables, reference):
        found["area_estimates"] += [row for zone in design.zones for row in _areas(design, zone)]
        found["map_accuracy"] += [row for zone in design.zones for row in _accuracies(design, zone)]
        found["error_matrix"] += [row for zone in design.zones for row in _matrix(design, zone)]
    return {
        "sample_reference": reference,
        "interpreter_agreement": agreement,
        **{name: DATASETS[name].table(rows) for name, rows in found.items()},
    }


@dataclass(frozen=True)
class _Design:
    """A design with its strata, and its units with the reference joined to them."""

    row: Row
    strata: Sequence[Row]
    units: Sequence[Row]
    waiting: str | None

    @property
    def design_id(self) -> str:
        return str(self.row["design_id"])

    @cached_property
    def usable(self) -> list[Row]:
        return [unit for unit in self.units if unit["outcome"] in USABLE]

    @cached_property
    def zones(self) -> list[str]:
        return [ALL, *sorted({unit["zone_id"] for unit in self.units})]

    @cached_property
    def classes(self) -> list[str]:
        """The classes of the loss series, and gain where the map or a label has it."""
        there = {stratum["map_class"] for stratum in self.strata} | {unit["reference_class"] for unit in self.usable}
        return [name for name in get_args(MapClass) if name != "gain" or name in there]

    @property
    def years(self) -> range:
        return range(self.row["first_year"], self.row["last_year"] + 1)

    @cached_property
    def estimator(self) -> Estimator:
        """A sample of the whole frame is weighted by the strata afterwards, as far as it has units in each of them."""
        if self.row["draw"] == "stratified_random":
            return "stratified"
        return "simple" if self._thin else "post_stratified"

    @cached_property
    def counts(self) -> dict[str, tuple[int, int]]:
        """Usable units of each stratum, and those of them that are loss."""
        counts = {stratum["stratum_id"]: (0, 0) for stratum in self.strata}
        for unit in self.usable:
            usable, lost = counts[unit["stratum_id"]]
            counts[unit["stratum_id"]] = (usable + 1, lost + (unit["reference_class"] == "loss"))
        return counts

    @cached_property
    def _thin(self) -> list[str]:
        return [f"{name} ({count})" for name, (count, _) in sorted(self.counts.items()) if count < LEAST_UNITS]

    @cached_property
    def reason(self) -> str | None:
        """Why nothing can be estimated yet."""
        if self.waiting:
            return self.waiting
        if self.estimator == "stratified" and self._thin:
            return f"strata with fewer than {LEAST_UNITS} usable units: {', '.join(self._thin)}"
        few = len(self.usable) < LEAST_UNITS
        return f"{len(self.usable)} of {len(self.units):,} units are usable" if few else None

    @cached_property
    def sample(self) -> Sample:
        units = self.usable
        lost = [unit["reference_class"] == "loss" for unit in units]
        return Sample.of(
            [
                Stratum(
                    stratum_id=row["stratum_id"],
                    area=float(um2_to_ha(int(row["area_um2"]))),
                    pixel_count=row["pixel_count"],
                )
                for row in self.strata
            ],
            unit_ids=[unit["unit_id"] for unit in units],
            stratum_ids=[unit["stratum_id"] for unit in units],
            columns={
                "zone_id": [unit["zone_id"] for unit in units],
                "map_class": [unit["map_class"] for unit in units],
                "reference_class": [unit["reference_class"] for unit in units],
                "loss_year": [unit["loss_year"] if loss else None for unit, loss in zip(units, lost, strict=True)],
            },
            legends={"map_class": get_args(MapClass), "reference_class": get_args(MapClass)},
            unit_areas=[float(unit["area_um2"]) for unit in units],
            estimator=self.estimator,
            finite_population_correction=self.row["finite_population_correction"],
        )

    @cached_property
    def mpl_years(self) -> dict[str, float]:
        """Length of the monitoring period of each stratum of the sample, in years.

        The calendar years of the design, because a label says what was lost within them, whenever its images were taken.
        """
        names = [WHOLE_FRAME] if self.estimator == "simple" else list(self.counts)
        return dict.fromkeys(names, float(len(self.years)))

    def frame_um2(self, zone: str, map_class: str | None = None) -> int | None:
        """Return the area that could be drawn in a zone; None where strata cross its border."""
        if zone != ALL and any(stratum["zone_id"] is None for stratum in self.strata):
            return None
        return sum(
            int(stratum["area_um2"])
            for stratum in self.strata
            if zone in (ALL, stratum["zone_id"]) and map_class in (None, stratum["map_class"])
        )

    def usable_in(self, zone: str) -> list[Row]:
        return [unit for unit in self.usable if zone in (ALL, unit["zone_id"])]


def _designs(tables: Mapping[str, pa.Table], reference: pa.Table) -> Iterator[_Design]:
    settled = {(row["design_id"], row["unit_id"]): row for row in reference.to_pylist()}
    for row in tables["sample_designs"].to_pylist():
        design_id = row["design_id"]
        of_design = pa.compute.equal(reference["design_id"], design_id)
        yield _Design(
            row=row,
            strata=[item for item in tables["sample_strata"].to_pylist() if item["design_id"] == design_id],
            units=[
                {**item, **settled[design_id, item["unit_id"]]}
                for item in tables["sample_units"].to_pylist()
                if item["design_id"] == design_id
            ],
            waiting=waiting_reason(reference.filter(of_design)),
        )


def _domain(zone: str) -> dict[str, str]:
    return {} if zone == ALL else {"zone_id": zone}


# --- areas -------------------------------------------------------------------------------------------------------
def _areas(design: _Design, zone: str) -> Iterator[dict[str, Any]]:
    frame = design.frame_um2(zone)
    units = design.usable_in(zone)
    base: dict[str, Any] = {
        "design_id": design.design_id,
        "zone_id": zone,
        "estimator": design.estimator,
        "unit_count": len(units),
        "frame_area_ha": _ha_of_um2(frame),
        **dict.fromkeys(("map_area_ha", "loss_year", *_OF_LOSS)),
    }
    known = None
    if design.estimator == "simple" and zone != ALL and frame is not None:
        known = float(um2_to_ha(frame))
    for item in _estimated(design, zone, known):
        label = str(item.label)
        on_map = {"map_area_ha": _ha_of_um2(design.frame_um2(zone, label))}
        row = {**base, **_area_row(label, item), **on_map}
        yield _with_loss_facts(design, zone, row, known) if label == "loss" and design.reason is None else row
    for item in _estimated_years(design, zone, units, known):
        yield {**base, **_area_row("loss", item), "loss_year": item.label}


def _estimated(design: _Design, zone: str, known: float | None) -> Sequence[ClassArea]:
    if design.reason is not None:
        counts = dict.fromkeys(design.classes, 0)
        for unit in design.usable_in(zone):
            counts[unit["reference_class"]] += 1
        return [_unknown(name, count, design.reason) for name, count in counts.items()]
    return class_areas(design.sample, classes=design.classes, domain=_domain(zone), known_area=known)


def _estimated_years(design: _Design, zone: str, units: Sequence[Row], known: float | None) -> Sequence[ClassArea]:
    """Return the loss of single years; null where the year of some loss is not known: years would lack its part."""
    lost = [unit["loss_year"] for unit in units if unit["reference_class"] == "loss"]
    undated = lost.count(None)
    reason = design.reason
    if reason is None and undated:
        reason = f"{undated:,} of {len(lost):,} units of loss have no year of loss"
    if reason is not None:
        return [_unknown(year, lost.count(year), reason) for year in design.years]
    return class_areas(
        design.sample, classes=list(design.years), column="loss_year", domain=_domain(zone), known_area=known
    )


def _unknown(label: Any, count: int, reason: str) -> ClassArea:
    return ClassArea(label=label, class_unit_count=count, estimate=no_estimate(reason))


def _area_row(label: str, item: ClassArea) -> dict[str, Any]:
    estimate = item.estimate
    return {
        "reference_class": label,
        "class_unit_count": item.class_unit_count,
        "degrees_of_freedom": None if estimate.value is None else estimate.degrees_of_freedom,
        "area_ha": _ha(estimate.value),
        "se_ha": _ha(estimate.se),
        "ci90_half_width_ha": _ha(estimate.ci90_half_width),
        "ci95_half_width_ha": _ha(estimate.ci95_half_width),
        "reason": estimate.reason,
    }


def _with_loss_facts(design: _Design, zone: str, row: Mapping[str, Any], known: float | None) -> dict[str, Any]:
    """Add what VMD0055 asks for beside the area of loss, and how much loss the sample could have missed."""
    facts = dict(row)
    reasons = [row["reason"]]
    found = unplanned_deforestation(
        design.sample, deforested={"loss"}, mpl_years=design.mpl_years, domain=_domain(zone), known_area=known
    )
    facts["t_two_sided_90"] = _share(found.area.two_sided_90)
    facts["mpl_years"] = _share(found.mpl_years)
    facts["area_ha_per_year"] = _ha(found.annual.value)
    unseen = _unseen(design, zone)
    if unseen is not None:
        total = math.fsum(unseen.values())
        facts["unseen_upper95_ha"] = _ha(total)
        if unseen:
            names = [f"{name} ({design.counts[name][0]:,} units)" for name in sorted(unseen)]
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            reasons.append(
                f"no unit of loss was seen in {', '.join(names[:_NAMED])}{more}: {total:,.1f} ha could hide there (95 %)"
            )
    facts["reason"] = "; ".join(reason for reason in reasons if reason) or None
    return facts


def _unseen(design: _Design, zone: str) -> dict[str, float] | None:
    """Return for each stratum of a zone without a unit of loss the area of loss, ha, that it could hide all the same.

    With a true share p, none of n units is loss with a probability of (1 - p)^n; at 1 - 0.05^(1/n) that is 5 %: the exact
    one-sided 95 % bound of the binomial (Clopper and Pearson 1934). The variance of such a stratum is 0 and tells nothing.

    Returns:
        Bounds by stratum; None where strata cross the zone's border.
    """
    if design.frame_um2(zone) is None:
        return None
    bounds = {}
    for stratum in design.strata:
        name = stratum["stratum_id"]
        usable, lost = design.counts[name]
        if zone in (ALL, stratum["zone_id"]) and not lost:
            share = 1 - _FIVE_PERCENT ** (1 / usable) if usable else 1.0
            bounds[name] = float(um2_to_ha(int(stratum["area_um2"]))) * share
    return bounds


# --- accuracy ----------------------------------------------------------------------------------------------------
def _accuracies(design: _Design, zone: str) -> Iterator[dict[str, Any]]:
    for measure, label, estimate in _measures(design, zone):
        yield {
            "design_id": design.design_id,
            "zone_id": zone,
            "measure": measure,
            "map_class": label,
            "unit_count": estimate.unit_count,
            "accuracy": _share(estimate.value),
            "se": _share(estimate.se),
            "ci90_half_width": _share(estimate.ci90_half_width),
            "ci95_half_width": _share(estimate.ci95_half_width),
            "reason": estimate.reason,
        }


def _measures(design: _Design, zone: str) -> Iterator[tuple[str, str, Estimate]]:
    if design.reason is None:
        found: Sequence[Accuracy] = map_accuracy(design.sample, classes=design.classes, domain=_domain(zone))
        yield from ((item.measure, str(item.label), item.estimate) for item in found)
        return
    nothing = no_estimate(design.reason)
    yield "overall", ALL, nothing
    yield from ((measure, name, nothing) for measure in ("user", "producer") for name in design.classes)


def _matrix(design: _Design, zone: str) -> Iterator[dict[str, Any]]:
    shares: dict[tuple[str, str], float | None] = {}
    if design.reason is None:
        for cell in error_matrix(design.sample, classes=design.classes, domain=_domain(zone)):
            shares[str(cell.map_class), str(cell.reference_class)] = cell.area_share
    pairs = [(unit["map_class"], unit["reference_class"]) for unit in design.usable_in(zone)]
    for mapped in design.classes:
        for seen in design.classes:
            yield {
                "design_id": design.design_id,
                "zone_id": zone,
                "map_class": mapped,
                "reference_class": seen,
                "unit_count": pairs.count((mapped, seen)),
                "area_share": _share(shares.get((mapped, seen))),
            }


# --- numbers -----------------------------------------------------------------------------------------------------
def _ha(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value)).quantize(_HECTARES)


def _ha_of_um2(area_um2: int | None) -> Decimal | None:
    return None if area_um2 is None else um2_to_ha(area_um2).quantize(_HECTARES)


def _share(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value)).quantize(_SHARE)
