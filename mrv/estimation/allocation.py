"""How many units, and how many of each stratum."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Literal

from mrv.errors import InputError, UsageError
from mrv.estimation.sample import LEAST_UNITS, Stratum

Rule = Literal["equal", "proportional", "power", "optimal", "manual"]


def sample_size(strata: Sequence[Stratum], *, expected: Mapping[str, float], target_se: float) -> int:
    """Return the units in all by which a share of the frame's area gets a standard error.

    n = (Σ W_h S_h)² / (V + Σ W_h S_h² / N), with S_h = √(q_h (1 − q_h)): as if they were allocated by the rule `optimal`;
    any other allocation gives a larger error (`expected_se`). Source: Cochran 1977, eq. 5.25; Olofsson et al. 2014, eq. 13.

    Args:
        strata: The strata.
        expected: Expected share q_h of each stratum's units that are right (overall accuracy) or loss (area of loss).
        target_se: Standard error of the share of the frame, √V. For the area of loss with a half-width of u of that area
            at 90 %: u · Σ W_h q_h / 1.644854 (`se_for_u90`).

    Raises:
        InputError: A stratum has no expected share, or all of them are 0 or 1.
    """
    weights, shares = _weights(strata), _expected(strata, expected)
    spreads = [math.sqrt(share * (1 - share)) for share in shares]
    spread = math.fsum(w * s for w, s in zip(weights, spreads, strict=True))
    if not spread:
        raise InputError(
            "no sample size follows from the expected shares",
            expected="a share between 0 and 1 in some stratum",
            found="0 or 1 in all of them",
            remedy="give the shares that a trial of the map lets you expect",
        )
    pixels = [stratum.pixel_count for stratum in strata]
    known = [count for count in pixels if count is not None]
    within = math.fsum(w * s**2 for w, s in zip(weights, spreads, strict=True))
    finite = within / sum(known) if len(known) == len(pixels) else 0.0
    # A size that is whole but for a rounding must not become one more.
    return math.ceil(spread**2 / (target_se**2 + finite) - 1e-9)


def se_for_u90(strata: Sequence[Stratum], *, expected: Mapping[str, float], u90: float, z90: float) -> float:
    """Return the standard error, as a share of the frame, that a half-width at 90 % asks for.

    Args:
        strata: The strata.
        expected: Expected share of loss of each stratum.
        u90: Half-width of the 90 % interval, as a share of the area of loss.
        z90: Two-sided quantile of the interval.
    """
    shares = _expected(strata, expected)
    return u90 * math.fsum(w * q for w, q in zip(_weights(strata), shares, strict=True)) / z90


def expected_se(strata: Sequence[Stratum], *, expected: Mapping[str, float], counts: Mapping[str, int]) -> float:
    """Return the standard error, as a share of the frame's area, that an allocation lets expect.

    √(Σ W_h² S_h² / n_h), without finite population correction, so it is rather too large.
    """
    shares = _expected(strata, expected)
    return math.sqrt(
        math.fsum(
            weight**2 * share * (1 - share) / counts[stratum.stratum_id]
            for stratum, weight, share in zip(strata, _weights(strata), shares, strict=True)
        )
    )


def allocate(
    strata: Sequence[Stratum],
    *,
    size: int,
    rule: Rule,
    floor: int = LEAST_UNITS,
    power: float = 0.5,
    expected: Mapping[str, float] | None = None,
    counts: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Share units among strata.

    Each stratum gets λ times its weight, but not less than the floor (or all its pixels, if it has fewer) and not more
    than its pixels; λ is such that they sum to the size. Fractions of units go to the largest remainders, equal ones in
    the order of ids.

    Args:
        strata: The strata.
        size: Units in all; of the rule `manual` the sum of `counts`.
        rule: `equal`: the same weight; `proportional`: the area; `power`: area to a power; `optimal`: area times the
            expected spread √(q(1 − q)) (Neyman); `manual`: as given.
        floor: Least units of a stratum.
        power: Exponent of the rule `power`.
        expected: Expected share q of each stratum, for the rule `optimal`.
        counts: Units by stratum, for the rule `manual`.

    Returns:
        Units by stratum id, in the order of ids, which sum to the size.

    Raises:
        InputError: The size is too small for the floors or larger than the frame, or the counts do not fit the strata.
    """
    ordered = sorted(strata, key=lambda stratum: stratum.stratum_id)
    upper = [size if stratum.pixel_count is None else stratum.pixel_count for stratum in ordered]
    if rule == "manual":
        return _manual(ordered, counts or {})
    lower = [min(floor, most) for most in upper]
    if not sum(lower) <= size <= sum(upper):
        raise InputError(
            "a sample of this size cannot be shared among the strata",
            expected=f"{sum(lower):,} to {sum(upper):,} units: {len(ordered)} strata with at least {floor} each",
            found=f"{size:,}",
            remedy="change the size or the floor, or use fewer strata",
        )
    weights = _rule_weights(ordered, rule, power, expected)
    shared = _level(weights, lower, upper, size)
    return dict(zip([stratum.stratum_id for stratum in ordered], _whole(shared, size), strict=True))


def _weights(strata: Sequence[Stratum]) -> list[float]:
    area = math.fsum(stratum.area for stratum in strata)
    return [stratum.area / area for stratum in strata]


def _expected(strata: Sequence[Stratum], expected: Mapping[str, float]) -> list[float]:
    for stratum in strata:
        share = expected.get(stratum.stratum_id)
        if share is None or not 0 <= share <= 1:
            raise InputError(
                "a stratum has no expected share",
                expected="a share from 0 to 1",
                found="none" if share is None else str(share),
                where=f"stratum {stratum.stratum_id}",
                remedy="give the share that you expect in it",
            )
    return [float(expected[stratum.stratum_id]) for stratum in strata]


def _manual(strata: Sequence[Stratum], counts: Mapping[str, int]) -> dict[str, int]:
    known = {stratum.stratum_id: stratum for stratum in strata}
    if known.keys() != counts.keys():
        missing, unknown = sorted(known.keys() - counts.keys()), sorted(counts.keys() - known.keys())
        raise InputError(
            "the counts of units do not fit the strata",
            expected=", ".join(known),
            found=f"missing: {', '.join(missing) or 'none'}; unknown: {', '.join(unknown) or 'none'}",
            remedy="give each stratum of the frame its count",
        )
    for name, stratum in known.items():
        most = stratum.pixel_count
        if counts[name] < LEAST_UNITS or (most is not None and counts[name] > most):
            raise InputError(
                "a stratum cannot have so many units",
                expected=f"{LEAST_UNITS} to {'any number' if most is None else f'{most:,}'}",
                found=f"{counts[name]:,}",
                where=f"stratum {name}",
                remedy="change its count",
            )
    return {name: counts[name] for name in known}


def _rule_weights(
    strata: Sequence[Stratum], rule: Rule, power: float, expected: Mapping[str, float] | None
) -> list[Fraction]:
    areas = [stratum.area for stratum in strata]
    if rule == "equal":
        return [Fraction(1)] * len(areas)
    if rule == "proportional":
        return [Fraction(area) for area in areas]
    if rule == "power":
        return [Fraction(area**power) for area in areas]
    if expected is None:
        raise UsageError("the rule optimal needs expected shares", remedy="give the share expected in each stratum")
    shares = _expected(strata, expected)
    return [Fraction(area * math.sqrt(share * (1 - share))) for area, share in zip(areas, shares, strict=True)]


def _level(weights: list[Fraction], lower: list[int], upper: list[int], size: int) -> list[Fraction]:
    """Return λ w clamped between lower and upper, with the λ that makes them sum to the size."""

    def at(level: Fraction) -> list[Fraction]:
        return [
            min(max(level * w, Fraction(lo)), Fraction(up)) for w, lo, up in zip(weights, lower, upper, strict=True)
        ]

    # Between two neighbouring corners the sum is a straight line.
    corners = sorted(
        {Fraction(0)}
        | {Fraction(end) / w for w, lo, up in zip(weights, lower, upper, strict=True) if w for end in (lo, up)}
    )
    index = bisect_left(corners, Fraction(size), key=lambda level: _sum(at(level)))
    if index == len(corners):
        raise InputError(
            "units are left over: the strata that may have more have an expected spread of 0",
            expected="expected shares between 0 and 1",
            remedy="give expected shares other than 0 and 1, or use another rule",
        )
    high = at(corners[index])
    if index == 0 or _sum(high) == size:
        return high
    low = at(corners[index - 1])
    part = (size - _sum(low)) / (_sum(high) - _sum(low))
    return [one + part * (other - one) for one, other in zip(low, high, strict=True)]


def _sum(shared: list[Fraction]) -> Fraction:
    return sum(shared, Fraction(0))


def _whole(shared: list[Fraction], size: int) -> list[int]:
    whole = [math.floor(share) for share in shared]
    order = sorted(range(len(shared)), key=lambda index: (whole[index] - shared[index], index))
    for index in order[: size - sum(whole)]:
        whole[index] += 1
    return whole
