"""What `mrv sample design` tells of a frozen design: a row for each stratum, and how precise it may be expected to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mrv.sources.sample_design_files import DesignDocument, DesignStratum
from mrv.stages.sample_design import Drawn
from mrv.stages.sample_sizes import Precision
from mrv.units import UM2_PER_HA, um2_to_ha

NUMBERS = ("area_ha", "weight", "pixels", "units", "inclusion_probability")
"""Columns of `stratum_rows` that hold numbers."""
PRECISION_TITLE = "Area of loss: half-width at 90 % as a share of it"
PRECISION_NUMBERS = ("units", "expected_loss_ha", "expected_u90", "asked_for")
"""Columns of `precision_rows` that hold numbers."""


def stratum_rows(document: DesignDocument) -> list[dict[str, str]]:
    """Return one row per stratum, as texts."""
    return [
        {
            "stratum": item.stratum_id,
            "area_ha": f"{um2_to_ha(item.area_um2):,.1f}",
            "weight": f"{_weight(item, document):.3g}",
            "pixels": f"{item.pixel_count:,}",
            "units": f"{item.drawn_count:,}",
            "inclusion_probability": f"{_probability(item, document):.3g}",
        }
        for item in document.strata
    ]


def precision_rows(drawn: Drawn) -> list[dict[str, str]]:
    """Return one row per zone and one for all of them, as texts; none where no area of loss is expected."""
    precision, strata = drawn.precision, drawn.document.strata
    if precision is None or precision.measure != "loss_area":
        return []
    wanted = f"{precision.wanted:.4f}"
    rows = [
        _precision_row(zone.zone_id, zone.unit_count, zone.loss_um2, zone.expected, wanted) for zone in precision.zones
    ]
    units = sum(item.drawn_count for item in strata)
    alone = not precision.zones
    return [*rows, _precision_row("all", units, precision.loss_um2, precision.expected, wanted if alone else "")]


def _precision_row(zone: str, units: int, loss_um2: float, expected: float | None, wanted: str) -> dict[str, str]:
    return {
        "zone": zone,
        "units": f"{units:,}",
        "expected_loss_ha": f"{loss_um2 / UM2_PER_HA:,.1f}",
        "expected_u90": "" if expected is None else f"{expected:.4f}",
        "asked_for": wanted,
    }


def sentences(drawn: Drawn) -> list[str]:
    """Return what people should know beside the rows: units and areas, precision, hash."""
    document = drawn.document
    count, steps = document.steps[-1].unit_count, len(document.steps)
    told = [
        f"{count:,} units in {len(document.strata)} strata, drawn in {steps} step{'s' if steps > 1 else ''}, of "
        f"{document.pixel_count:,} pixels and {um2_to_ha(document.area_um2):,.1f} ha; "
        f"{um2_to_ha(document.unobserved_area_um2):,.1f} ha are not observed by the map and not sampled"
    ]
    if empty := [item.stratum_id for item in document.strata if item.drawn_count < 2]:
        told.append(f"warning: fewer than two units in {', '.join(empty)}: estimates by stratum need two")
    precision = drawn.precision
    if precision is not None and precision.measure == "overall_accuracy":
        told.append(
            f"Expected standard error of the overall accuracy: {precision.expected:.4f} "
            f"(asked for: {precision.wanted:.4f})"
        )
    if precision is not None and precision.unseen:
        told.append(
            f"By the expected shares, probably no unit of loss is seen in {', '.join(precision.unseen)}. A stratum without "
            "one adds nothing to the interval, which is then narrower than expected here; how much loss could hide there "
            "is told with the estimate"
        )
    told.append(f"Design {document.design_id}, sha256 {drawn.sha256}")
    return told


def next_steps(project: str, document: DesignDocument) -> str:
    """Return what to do with a design to which units were just drawn."""
    spec, step = document.specification, document.steps[-1].step
    new = f" --step {step}" if step > 1 else ""
    return (
        f"Next: keep {spec.folder} under version control; export the units: mrv sample export {project} --design {spec.id}"
        f"{new} --format ceo-csv --to FOLDER; have them labelled without showing stratum or map class; then declare a source "
        "of connector sample."
    )


def design_record(drawn: Drawn) -> Mapping[str, Any]:
    """Return a frozen design as JSON."""
    document = drawn.document
    return {
        "design": document.design_id,
        "folder": str(drawn.folder),
        "sha256": drawn.sha256,
        "new_units": drawn.new_units,
        "units": document.steps[-1].unit_count,
        "steps": [{"step": item.step, "drawn": item.drawn} for item in document.steps],
        "pixel_count": document.pixel_count,
        "area_ha": str(um2_to_ha(document.area_um2)),
        "unobserved_area_ha": str(um2_to_ha(document.unobserved_area_um2)),
        "precision": drawn.precision and _precision_record(drawn.precision),
        "strata": [
            {
                "stratum_id": item.stratum_id,
                "area_ha": str(um2_to_ha(item.area_um2)),
                "weight": _weight(item, document),
                "pixel_count": item.pixel_count,
                "drawn_count": item.drawn_count,
                "inclusion_probability": _probability(item, document),
            }
            for item in document.strata
        ],
    }


def _precision_record(precision: Precision) -> Mapping[str, Any]:
    return {
        "measure": precision.measure,
        "expected": precision.expected,
        "wanted": precision.wanted,
        "zones": [
            {
                "zone_id": zone.zone_id,
                "units": zone.unit_count,
                "expected_loss_ha": zone.loss_um2 / UM2_PER_HA,
                "expected": zone.expected,
            }
            for zone in precision.zones
        ],
        "probably_without_loss": list(precision.unseen),
    }


def _weight(item: DesignStratum, document: DesignDocument) -> float:
    return item.area_um2 / document.area_um2


def _probability(item: DesignStratum, document: DesignDocument) -> float:
    """Return the probability with which a pixel of the stratum is in the design as it is now."""
    spec = document.specification
    if spec.draw == "systematic":
        return 1 / (spec.spacing_pixels or 1) ** 2
    if spec.draw == "simple_random":
        return document.steps[-1].unit_count / document.pixel_count
    return item.drawn_count / item.pixel_count
