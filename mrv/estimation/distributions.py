"""What is drawn for an input: the distribution its source states, as a multiple of its value."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mrv.errors import InputError
from mrv.estimation.sample import Floats
from mrv.intervals import normal_z

DISTRIBUTIONS = ("normal", "truncated_normal", "beta", "triangular", "lognormal", "fixed")
Z90 = normal_z(confidence=0.90)
"""Half-widths of the two-sided 90 % interval of the normal distribution are so many standard errors."""


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """The error of one value.

    Attributes:
        value: The value; draws are multiples of it. Not 0.
        se: Its standard error, in the unit of the value; None where the shapes say everything.
        kind: One of `DISTRIBUTIONS`; None: normal, or fixed where there is no standard error.
        shape_a: Lower end (truncated_normal, triangular) or first shape (beta).
        shape_b: Upper end (truncated_normal), mode (triangular) or second shape (beta).
        shape_c: Upper end (triangular).
    """

    value: float
    se: float | None = None
    kind: str | None = None
    shape_a: float | None = None
    shape_b: float | None = None
    shape_c: float | None = None

    @property
    def drawn_as(self) -> str:
        """The distribution that is drawn."""
        if self.kind:
            return self.kind
        return "normal" if self.se else "fixed"


def multiples(distribution: Distribution, units: Floats) -> Floats:
    """Return draws of a value over the value, by the inverse of the distribution.

    - `normal`: mean value, standard deviation se.
    - `truncated_normal`: that normal between its ends; an end that is None is open. The ends move the mean.
    - `beta`: beta(a, b) over its own mean, so that the value stays the mean: a share between 0 and 1, or a value whose
      relative error has this shape.
    - `triangular`: from a over the mode b to c, in the unit of the value; its mean (a + b + c) / 3 may be another one.
    - `lognormal`: mean value, standard deviation se.
    - `fixed`: always the value.

    Args:
        distribution: The distribution.
        units: Numbers between 0 and 1, any shape.

    Returns:
        Multiples of the value, the same shape. They grow with the numbers where the value is positive.

    Raises:
        InputError: The distribution is unknown, lacks its standard error or shapes, or they are out of order.
    """
    functions = {
        "normal": _normal,
        "truncated_normal": _truncated_normal,
        "beta": _beta,
        "triangular": _triangular,
        "lognormal": _lognormal,
    }
    kind = distribution.drawn_as
    if kind == "fixed" or distribution.se == 0:
        return np.ones_like(units)
    if kind not in functions:
        raise InputError(
            "a distribution is not known",
            expected=", ".join(DISTRIBUTIONS),
            found=kind,
            remedy="choose one of these for the input",
        )
    return functions[kind](distribution, units)


def _normal(distribution: Distribution, units: Floats) -> Floats:
    from scipy.special import ndtri

    spread = _needed(distribution, "se") / distribution.value
    drawn: Floats = 1 + abs(spread) * ndtri(units)
    return drawn


def _truncated_normal(distribution: Distribution, units: Floats) -> Floats:
    from scipy.special import ndtr, ndtri

    se = _needed(distribution, "se")
    lower = -math.inf if distribution.shape_a is None else distribution.shape_a
    upper = math.inf if distribution.shape_b is None else distribution.shape_b
    if not lower < upper:
        raise _out_of_order(distribution, "the lower end below the upper one")
    low, high = ndtr((lower - distribution.value) / se), ndtr((upper - distribution.value) / se)
    # Far from the mean the two may round to one number: nothing lies between ends so far out.
    if not low < high:
        raise _out_of_order(distribution, "ends between which the normal distribution has a part")
    drawn: Floats = distribution.value + se * ndtri(low + (high - low) * units)
    inside: Floats = np.clip(drawn, lower, upper) / distribution.value
    return inside


def _beta(distribution: Distribution, units: Floats) -> Floats:
    from scipy.special import betaincinv

    a, b = _needed(distribution, "shape_a"), _needed(distribution, "shape_b")
    if min(a, b) <= 0:
        raise _out_of_order(distribution, "two shapes above 0")
    drawn: Floats = betaincinv(a, b, units) * ((a + b) / a)
    return drawn


def _triangular(distribution: Distribution, units: Floats) -> Floats:
    lower, mode, upper = (_needed(distribution, name) for name in ("shape_a", "shape_b", "shape_c"))
    if not lower <= mode <= upper or lower == upper:
        raise _out_of_order(distribution, "lower end, mode and upper end in this order")
    width = upper - lower
    rising = lower + np.sqrt(units * width * (mode - lower))
    falling = upper - np.sqrt((1 - units) * width * (upper - mode))
    drawn: Floats = np.where(units < (mode - lower) / width, rising, falling) / distribution.value
    return drawn


def _lognormal(distribution: Distribution, units: Floats) -> Floats:
    from scipy.special import ndtri

    if distribution.value <= 0:
        raise _out_of_order(distribution, "a value above 0")
    variance = math.log1p((_needed(distribution, "se") / distribution.value) ** 2)
    drawn: Floats = np.exp(math.sqrt(variance) * ndtri(units) - variance / 2)
    return drawn


def _needed(distribution: Distribution, name: str) -> float:
    found: float | None = getattr(distribution, name)
    if found is None or (name == "se" and found < 0):
        raise InputError(
            f"a {distribution.drawn_as} distribution lacks {name}",
            expected=f"{name}, 0 or more" if name == "se" else name,
            found=str(found),
            remedy=f"state {name} of the input, or another distribution",
        )
    return found


def _out_of_order(distribution: Distribution, expected: str) -> InputError:
    return InputError(
        f"the shapes of a {distribution.drawn_as} distribution do not fit together",
        expected=expected,
        found=f"value {distribution.value}, {distribution.shape_a}, {distribution.shape_b}, {distribution.shape_c}",
        remedy="mend the shapes of the input",
    )
