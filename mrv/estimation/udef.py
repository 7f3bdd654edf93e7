"""Unplanned deforestation of a monitoring period by VMD0055: area by sampling stratum, and per year."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mrv.errors import InputError
from mrv.estimation.sample import Label, Sample
from mrv.estimation.totals import Estimate, domain_totals, estimates, no_estimate


@dataclass(frozen=True, kw_only=True)
class UnplannedDeforestation:
    """Area deforested within the period, and per year.

    Attributes:
        area: A_UDef, in the unit of the strata's areas, with Student's t at the degrees of freedom.
        annual: The same per year: each stratum's area divided by its own length of period.
        mpl_years: Length of the period over the domain: mean over its strata, weighted with their areas.
        counts: Units of each stratum by label, for the domain (Count_UDef,ss and its like).
    """

    area: Estimate
    annual: Estimate
    mpl_years: float | None
    counts: Mapping[str, Mapping[Label, int]]


def unplanned_deforestation(
    sample: Sample,
    *,
    deforested: Collection[Label],
    mpl_years: Mapping[str, float],
    column: str = "reference_class",
    domain: Mapping[str, Label] | None = None,
    known_area: float | None = None,
) -> UnplannedDeforestation:
    """Estimate A_UDef = Σ_ss A_ss · Count_UDef,ss / Count_ss, and Σ_ss A_ss · p_ss / MPL_ss.

    Source: parameters of VMD0055 v1.1; the numbers of its equations are not confirmed.

    Args:
        sample: The sample.
        deforested: Labels of `column` that are deforestation, for example {"loss"} or the transition classes {6, 7, 8}.
        mpl_years: Length of the monitoring period by stratum, in years (`monitoring_period_years`).
        column: Column of the sample that holds the labels.
        domain: See `mrv.estimation.areas.class_areas`.
        known_area: The same.

    Raises:
        InputError: A stratum has no length of period.
    """
    years = []
    for stratum in sample.strata:
        length = mpl_years.get(stratum.stratum_id, math.nan)
        if not (math.isfinite(length) and length > 0):
            raise InputError(
                "a stratum has no length of the monitoring period",
                expected="years above 0",
                found=str(mpl_years.get(stratum.stratum_id, "none")),
                where=f"stratum {stratum.stratum_id}",
                remedy="give the dates of the images of its units, or the nominal years",
            )
        years.append(length)
    inside = sample.where(domain or {})
    unit_count, freedom = sample.unit_count(inside), sample.degrees_of_freedom(inside)
    counts: dict[str, dict[Label, int]] = {}
    for cell in np.flatnonzero(inside).tolist():
        of_stratum = counts.setdefault(sample.strata[sample.cell_strata[cell]].stratum_id, {})
        label = sample.columns[column][cell]
        of_stratum[label] = of_stratum.get(label, 0) + int(sample.cell_units[cell])
    if not unit_count:
        nothing = no_estimate("no unit lies in the domain")
        return UnplannedDeforestation(area=nothing, annual=nothing, mpl_years=None, counts=counts)
    lost = inside * np.fromiter((label in deforested for label in sample.columns[column]), bool, len(inside))
    per_year = 1 / np.array(years)[sample.cell_strata]
    y = np.stack([lost, lost * per_year], axis=1)
    moments = domain_totals(sample, y, inside=inside, known_area=known_area)
    area, annual = estimates(moments, unit_counts=[unit_count] * 2, degrees_of_freedom=freedom, interval="student")
    reached = [
        (stratum.area, length)
        for stratum, length in zip(sample.strata, years, strict=True)
        if stratum.stratum_id in counts
    ]
    mean = math.fsum(size * length for size, length in reached) / math.fsum(size for size, _ in reached)
    return UnplannedDeforestation(area=area, annual=annual, mpl_years=mean, counts=counts)


def monitoring_period_years(
    before: Sequence[float | None], after: Sequence[float | None], *, nominal_years: float
) -> float:
    """Return the mean time between the two images of a stratum's usable units; the nominal years where none has both.

    For labels that say what was lost between the two images. Labels that are bound to calendar years have these years.

    Args:
        before: Date of the earlier image of each unit, as a decimal year.
        after: Date of the later one.
        nominal_years: Length of the period by its calendar.
    """
    lengths = [
        late - early for early, late in zip(before, after, strict=True) if early is not None and late is not None
    ]
    return math.fsum(lengths) / len(lengths) if lengths else nominal_years
