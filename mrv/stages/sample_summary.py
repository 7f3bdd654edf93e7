"""What `mrv sample design` tells of a frozen design: a row for each stratum, and how precise it may be expected to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mrv.sources.sample_design_files import DesignDocument, DesignStratum
from mrv.stages.sample_design import Drawn
from mrv.units import um2_to_ha

NUMBERS = ("area_ha", "weight", "pixels", "units", "inclusion_probability")
"""Columns of `stratum_rows` that hold numbers."""


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
    if precision is not None:
        what = (
            "standard error of the overall accuracy"
            if precision.measure == "overall_accuracy"
            else "half-width of the 90 % interval of the area of loss, as a share of it"
        )
        told.append(f"Expected {what}: {precision.expected:.4f} (asked for: {precision.wanted:.4f})")
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
    document, precision = drawn.document, drawn.precision
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
        "precision": precision
        and {"measure": precision.measure, "expected": precision.expected, "wanted": precision.wanted},
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
