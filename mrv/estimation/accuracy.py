"""Accuracy of a map against the sample: overall, user's and producer's, and the error matrix as shares of the area."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mrv.estimation.sample import Floats, Label, Sample
from mrv.estimation.totals import Estimate, Interval, estimates, no_estimate, ratios

Measure = Literal["overall", "user", "producer"]
ALL_CLASSES = "*"
"""Class of the overall accuracy."""
_ABSENT = {
    "overall": "no unit lies in the domain",
    "user": "no unit was mapped to this class",
    "producer": "no unit of this class was seen",
}


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """A measure of accuracy, as a share of an area from 0 to 1.

    Attributes:
        measure: `overall`: share of the area whose map class is right; `user`: of the area mapped to the class, what is
            of it; `producer`: of the area of the class, what is mapped to it.
        label: The class; `*` of the overall accuracy.
        estimate: The accuracy; its `unit_count` is that of the denominator. Null where no unit is in it.
    """

    measure: Measure
    label: Label
    estimate: Estimate


@dataclass(frozen=True, kw_only=True)
class MatrixCell:
    """A cell of the error matrix.

    Attributes:
        map_class: Class of the map.
        reference_class: Class seen.
        unit_count: Units in it.
        area_share: Estimated share of the domain's area; None where no unit lies in the domain.
        se: Its standard error.
    """

    map_class: Label
    reference_class: Label
    unit_count: int
    area_share: float | None
    se: float | None


def map_accuracy(
    sample: Sample,
    *,
    classes: Sequence[Label],
    domain: Mapping[str, Label] | None = None,
    interval: Interval = "normal",
) -> tuple[Accuracy, ...]:
    """Estimate the accuracies of a map from the columns `map_class` and `reference_class` of the sample.

    Where the strata are the map classes, these are the estimates of Olofsson et al. 2014 (eq. 1 to 7); elsewhere those of
    Stehman 2014.

    Args:
        sample: The sample.
        classes: The classes of map and reference.
        domain: See `mrv.estimation.areas.class_areas`.
        interval: See `Interval`.

    Returns:
        Overall accuracy, then user's and producer's accuracy of each class.
    """
    inside = sample.where(domain or {})
    mapped = [inside * sample.where({"map_class": label}) for label in classes]
    seen = [inside * sample.where({"reference_class": label}) for label in classes]
    right = [one * other for one, other in zip(mapped, seen, strict=True)]
    agreed: Floats = np.sum(right, axis=0)
    rows: list[tuple[Measure, Label, Floats, Floats]] = [("overall", ALL_CLASSES, agreed, inside)]
    rows += [("user", label, *pair) for label, pair in zip(classes, zip(right, mapped, strict=True), strict=True)]
    rows += [("producer", label, *pair) for label, pair in zip(classes, zip(right, seen, strict=True), strict=True)]
    counts = [sample.unit_count(x) for *_, x in rows]
    freedom = sample.degrees_of_freedom(inside)
    moments = ratios(sample, np.stack([y for *_, y, _ in rows], axis=1), np.stack([x for *_, x in rows], axis=1))
    found = estimates(moments, unit_counts=counts, degrees_of_freedom=freedom, interval=interval)
    return tuple(
        Accuracy(
            measure=measure,
            label=label,
            estimate=estimate if count else no_estimate(_ABSENT[measure], degrees_of_freedom=freedom),
        )
        for (measure, label, *_), count, estimate in zip(rows, counts, found, strict=True)
    )


def error_matrix(
    sample: Sample, *, classes: Sequence[Label], domain: Mapping[str, Label] | None = None
) -> tuple[MatrixCell, ...]:
    """Estimate the error matrix as shares of the domain's area: one cell per map class and reference class."""
    inside = sample.where(domain or {})
    pairs = [(one, other) for one in classes for other in classes]
    y = np.stack([inside * sample.where({"map_class": one, "reference_class": other}) for one, other in pairs], axis=1)
    moments = ratios(sample, y, np.repeat(inside[:, None], len(pairs), axis=1))
    known = sample.unit_count(inside) > 0
    return tuple(
        MatrixCell(
            map_class=one,
            reference_class=other,
            unit_count=sample.unit_count(y[:, index]),
            area_share=float(moments.values[index]) if known else None,
            se=float(np.sqrt(moments.variances[index])) if known else None,
        )
        for index, (one, other) in enumerate(pairs)
    )
