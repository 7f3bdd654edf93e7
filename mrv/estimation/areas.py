"""Areas of classes, by zone or any other domain, with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mrv.estimation.sample import Label, Sample
from mrv.estimation.totals import Estimate, Interval, domain_totals, estimates, no_estimate

NOT_SEEN = "no unit of this class was seen: the estimate is 0, and an interval of 0 is not certainty"


@dataclass(frozen=True, kw_only=True)
class ClassArea:
    """Area of a class within a domain.

    Attributes:
        label: The class.
        class_unit_count: Units of the class in the domain.
        estimate: The area, in the unit of the strata's areas; its `unit_count` is that of the domain.
    """

    label: Label
    class_unit_count: int
    estimate: Estimate


def class_areas(
    sample: Sample,
    *,
    classes: Sequence[Label],
    column: str = "reference_class",
    domain: Mapping[str, Label] | None = None,
    known_area: float | None = None,
    interval: Interval = "normal",
) -> tuple[ClassArea, ...]:
    """Estimate the area of each class.

    Args:
        sample: The sample.
        classes: Labels of `column`; where they are all its labels, their areas sum to that of the domain.
        column: Column of the sample that holds the classes.
        domain: What the labels of other columns have to be, for example {"zone_id": "pa"}; default: the whole frame.
        known_area: Area of the domain, where it is known though the strata cross its borders: the classes are then
            estimated as shares of it (ratio estimator), and sum to it.
        interval: See `Interval`.

    Returns:
        One area per class, in their order; each null where no unit lies in the domain.
    """
    inside = sample.where(domain or {})
    unit_count, freedom = sample.unit_count(inside), sample.degrees_of_freedom(inside)
    if not unit_count:
        nothing = no_estimate("no unit lies in the domain")
        return tuple(ClassArea(label=label, class_unit_count=0, estimate=nothing) for label in classes)
    y = np.stack([inside * sample.where({column: label}) for label in classes], axis=1)
    moments = domain_totals(sample, y, inside=inside, known_area=known_area)
    found = estimates(
        moments,
        unit_counts=[unit_count] * len(classes),
        degrees_of_freedom=freedom,
        interval=interval,
    )
    seen = [sample.unit_count(part) for part in y.T]
    return tuple(
        ClassArea(label=label, class_unit_count=count, estimate=item if count else replace(item, reason=NOT_SEEN))
        for label, count, item in zip(classes, seen, found, strict=True)
    )
