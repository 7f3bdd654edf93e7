"""How many units of each stratum a sample gets, and how precise that lets it be expected to be."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from mrv.errors import InputError, ProjectError
from mrv.estimation.allocation import allocate, expected_se, sample_size, se_for_u90
from mrv.estimation.sample import LEAST_UNITS, WHOLE_FRAME, Stratum
from mrv.intervals import normal_z
from mrv.project_sampling import Sampling, TargetError
from mrv.sources.sample_design_files import DesignStratum

LARGEST_SAMPLE = 100_000
"""Units that nobody would label; a spacing or target that asks for more is a slip, and would fill the memory."""
PROBABLE = 0.5
"""Probability of seeing no unit of loss in a stratum above which that is to be expected."""


@dataclass(frozen=True)
class Precision:
    """How precise a sample may be expected to be, if what is expected of the map holds.

    Attributes:
        measure: `overall_accuracy`: the standard error of a share; `loss_area`: the half-width of the 90 % interval of the
            area of loss as a share of that area.
        expected: The precision of the units that are drawn, of all sampled zones together.
        wanted: The precision that was asked for: of each zone where there are `zones`, else of all together.
        loss_um2: Of `loss_area`: the expected area of loss, in square micrometres.
        zones: Of `loss_area`, where strata end at the borders of zones: the precision of each zone.
        unseen: Of `loss_area` by strata: the strata in which probably no unit of loss is seen. Where none is, the interval
            is narrower than the one expected, since the stratum adds nothing to it.
    """

    measure: Literal["overall_accuracy", "loss_area"]
    expected: float
    wanted: float
    loss_um2: float = 0.0
    zones: tuple[ZonePrecision, ...] = ()
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True)
class ZonePrecision:
    """How precise the area of loss of one zone may be expected to be.

    Attributes:
        zone_id: The zone.
        unit_count: Its units.
        loss_um2: Its expected area of loss, in square micrometres.
        expected: Half-width of the 90 % interval of that area, as a share of it; None where the zone has no unit
            or no loss is expected.
    """

    zone_id: str
    unit_count: int
    loss_um2: float
    expected: float | None


def planned_counts(spec: Sampling, strata: Sequence[DesignStratum]) -> dict[str, int]:
    """Return how many units each stratum is to get; of a draw over the whole frame, how many `*` is.

    With a target, the size is the least with which the allocation reaches it. The area of loss is used zone by zone, so
    its target is reached in each zone, as if it were a frame of its own, where strata end at the borders of zones.

    Args:
        spec: A sample that is not systematic: there, the spacing says it.
        strata: The strata of the frame.

    Raises:
        InputError: The size does not fit the strata, a stratum has no expected share, or no size reaches the target.
    """
    expected = {} if spec.target is None else _expected(spec, spec.target, strata)
    if spec.draw == "simple_random":
        size = spec.size or 0
        if spec.target is not None:
            size = _simple_size(spec, spec.target, strata, expected)
        return allocate([_frame(strata)], size=size, rule="proportional")
    _refuse_single_pixels(spec, strata)
    if spec.target is None:
        size = sum(spec.allocation.counts.values()) if spec.size is None else spec.size
        return _allocated(spec, [_stratum(stratum) for stratum in strata], size, expected)
    counts: dict[str, int] = {}
    for zone, part in _parts(spec.target, strata).items():
        with _naming(spec, zone):
            counts |= _least_that_reaches(spec, spec.target, [_stratum(stratum) for stratum in part], expected)
    return counts


def expected_precision(spec: Sampling, strata: Sequence[DesignStratum], counts: Mapping[str, int]) -> Precision | None:
    """Return how precise these units let expect the sample to be; None where nobody said what to expect.

    Args:
        spec: The sample.
        strata: The strata of the frame.
        counts: Units by stratum.
    """
    target = spec.target
    if target is None:
        return None
    expected = _expected(spec, target, strata)
    wanted = target.se if target.u90 is None else target.u90
    precision = Precision(target.measure, _precision(spec, target, strata, counts, expected), float(wanted or 0))
    if target.measure == "overall_accuracy":
        return precision
    zones = []
    for zone, part in _parts(target, strata).items():
        units, loss_um2 = sum(counts.get(stratum.stratum_id, 0) for stratum in part), _expected_um2(part, expected)
        reached = _precision(spec, target, part, counts, expected) if units and loss_um2 else None
        zones.append(ZonePrecision(zone, units, loss_um2, reached))
    unseen = (name for name, share in expected.items() if share and (1 - share) ** counts.get(name, 0) > PROBABLE)
    return replace(
        precision,
        loss_um2=_expected_um2(strata, expected),
        zones=tuple(zone for zone in zones if zone.zone_id),
        unseen=tuple(unseen) if spec.draw == "stratified_random" else (),
    )


def refuse_too_many(spec: Sampling, units: int) -> None:
    """Refuse a sample that nobody could label.

    Raises:
        ProjectError: It has more than LARGEST_SAMPLE units.
    """
    if units > LARGEST_SAMPLE:
        raise ProjectError(
            "a sample has more units than can be labelled",
            expected=f"at most {LARGEST_SAMPLE:,}",
            found=f"about {units:,}",
            where=f"sampling ({spec.id})",
            remedy="lower the size, raise the target's error, or take a wider spacing",
        )


def _parts(target: TargetError, strata: Sequence[DesignStratum]) -> dict[str, list[DesignStratum]]:
    """Return the strata that reach the target together, by zone; "" for all zones."""
    parts: dict[str, list[DesignStratum]] = {}
    for stratum in strata:
        zone = stratum.zone_id if target.measure == "loss_area" else None
        parts.setdefault(zone or "", []).append(stratum)
    return dict(sorted(parts.items()))


@contextmanager
def _naming(spec: Sampling, zone: str) -> Iterator[None]:
    """Say of which zone a refusal is."""
    try:
        yield
    except InputError as error:
        error.where = error.where or f"sampling ({spec.id})" + (f", zone {zone}" if zone else "")
        raise


def _simple_size(
    spec: Sampling, target: TargetError, strata: Sequence[DesignStratum], expected: Mapping[str, float]
) -> int:
    """Return the least size of a draw over the whole frame that may be expected to reach the target in every zone."""
    pixels, sizes = sum(stratum.pixel_count for stratum in strata), []
    for zone, part in _parts(target, strata).items():
        frame = _frame(part)
        most = frame.pixel_count or 0
        with _naming(spec, zone):
            # Without finite population correction, like the expected precision.
            units = _first_size([replace(frame, pixel_count=None)], target, _of_frame(part, expected))
        sizes.append(math.ceil(Fraction(min(units, most) * pixels, most)))
    return max(sizes)


def _precision(
    spec: Sampling,
    target: TargetError,
    strata: Sequence[DesignStratum],
    counts: Mapping[str, int],
    expected: Mapping[str, float],
) -> float:
    """Return the standard error, or the relative half-width, that the units of these strata let expect of them."""
    listed, units = [_stratum(stratum) for stratum in strata], counts
    if spec.draw != "stratified_random":
        listed, units = [_frame(strata)], {WHOLE_FRAME: sum(counts.get(item.stratum_id, 0) for item in strata)}
        expected = _of_frame(strata, expected)
    se = expected_se(listed, expected=expected, counts=units)
    return (
        se if target.u90 is None else se / se_for_u90(listed, expected=expected, u90=1, z90=normal_z(confidence=0.90))
    )


def _refuse_single_pixels(spec: Sampling, strata: Sequence[DesignStratum]) -> None:
    """Refuse strata that can never have the two units that an interval needs."""
    if single := [stratum.stratum_id for stratum in strata if stratum.pixel_count < LEAST_UNITS]:
        raise ProjectError(
            "a stratum has too few pixels",
            expected=f"at least {LEAST_UNITS}: without two units there is no interval",
            found=", ".join(single),
            where=f"sampling ({spec.id})",
            remedy="divide the map less: by_zone or by_stratum false, or no loss_buffer_pixels",
        )


def _least_that_reaches(
    spec: Sampling, target: TargetError, strata: Sequence[Stratum], expected: Mapping[str, float]
) -> dict[str, int]:
    """Return the allocation of the least size whose expected standard error is that of the target."""
    wanted = _target_se(strata, target, expected)
    most = sum(stratum.pixel_count or 0 for stratum in strata)
    floors = sum(min(spec.allocation.floor, stratum.pixel_count or 0) for stratum in strata)
    low = min(max(_first_size(strata, target, expected), floors), most)
    high = low
    while high < most and not _reaches(_allocated(spec, strata, high, expected), strata, expected, wanted):
        low, high = high + 1, min(2 * high, most)
    while low < high:
        middle = (low + high) // 2
        if _reaches(_allocated(spec, strata, middle, expected), strata, expected, wanted):
            high = middle
        else:
            low = middle + 1
    return _allocated(spec, strata, high, expected)


def _reaches(
    counts: Mapping[str, int], strata: Sequence[Stratum], expected: Mapping[str, float], wanted: float
) -> bool:
    return expected_se(strata, expected=expected, counts=counts) <= wanted


def _allocated(spec: Sampling, strata: Sequence[Stratum], size: int, expected: Mapping[str, float]) -> dict[str, int]:
    rule = spec.allocation
    return allocate(
        strata,
        size=size,
        rule=rule.rule,
        floor=rule.floor,
        power=float(rule.power),
        expected=expected,
        counts=rule.counts,
    )


def _first_size(strata: Sequence[Stratum], target: TargetError, expected: Mapping[str, float]) -> int:
    return sample_size(strata, expected=expected, target_se=_target_se(strata, target, expected))


def _target_se(strata: Sequence[Stratum], target: TargetError, expected: Mapping[str, float]) -> float:
    """Return the target as the standard error of a share of the frame."""
    if target.u90 is None:
        return float(target.se or 0)
    return se_for_u90(strata, expected=expected, u90=float(target.u90), z90=normal_z(confidence=0.90))


def _expected(spec: Sampling, target: TargetError, strata: Sequence[DesignStratum]) -> dict[str, float]:
    """Return the expected share of each stratum."""
    lacking = sorted({stratum.stratum_class for stratum in strata} - set(target.expected))
    if lacking:
        raise ProjectError(
            "nobody says what to expect of some strata",
            expected="an expected share of each class of stratum",
            found=f"none of {', '.join(lacking)}",
            where=f"sampling ({spec.id}), target.expected",
            remedy="give the shares that a trial of the map lets you expect",
        )
    return {stratum.stratum_id: float(target.expected[stratum.stratum_class]) for stratum in strata}


def _of_frame(strata: Sequence[DesignStratum], expected: Mapping[str, float]) -> dict[str, float]:
    """Return the expected share of the whole frame."""
    area = sum(stratum.area_um2 for stratum in strata)
    return {WHOLE_FRAME: math.fsum(stratum.area_um2 / area * expected[stratum.stratum_id] for stratum in strata)}


def _expected_um2(strata: Sequence[DesignStratum], expected: Mapping[str, float]) -> float:
    return math.fsum(stratum.area_um2 * expected[stratum.stratum_id] for stratum in strata)


def _stratum(stratum: DesignStratum) -> Stratum:
    return Stratum(stratum_id=stratum.stratum_id, area=float(stratum.area_um2), pixel_count=stratum.pixel_count)


def _frame(strata: Sequence[DesignStratum]) -> Stratum:
    return Stratum(
        stratum_id=WHOLE_FRAME,
        area=float(sum(stratum.area_um2 for stratum in strata)),
        pixel_count=sum(stratum.pixel_count for stratum in strata),
    )
