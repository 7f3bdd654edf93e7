"""Distributions of inputs: mean, spread, ends, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mrv.errors import InputError
from mrv.estimation.distributions import Distribution, multiples

UNITS = (np.arange(200_000) + 0.5) / 200_000
"""Every quantile alike: means over them are those of the distribution."""

positive = st.floats(0.01, 1e6)
relative = st.floats(0.001, 0.5)


def drawn(**given: Any) -> np.ndarray[Any, Any]:
    distribution = Distribution(**given)
    return multiples(distribution, UNITS) * distribution.value


def test_normal_has_the_mean_and_spread_that_are_stated() -> None:
    found = drawn(value=150.0, se=12.0)
    assert found.mean() == pytest.approx(150, rel=1e-9)
    assert found.std() == pytest.approx(12, rel=1e-3)


def test_negative_value_keeps_its_spread() -> None:
    found = drawn(value=-80.0, se=4.0)
    assert found.mean() == pytest.approx(-80, rel=1e-9)
    assert found.std() == pytest.approx(4, rel=1e-3)


@pytest.mark.parametrize(("lower", "upper"), [(0.0, None), (None, 110.0), (95.0, 103.0), (0.0, 50.0)])
def test_truncated_normal_is_that_of_scipy(lower: float | None, upper: float | None) -> None:
    found = drawn(value=100.0, se=30.0, kind="truncated_normal", shape_a=lower, shape_b=upper)
    low = -math.inf if lower is None else (lower - 100) / 30
    high = math.inf if upper is None else (upper - 100) / 30
    expected = stats.truncnorm(low, high, loc=100, scale=30)
    assert found.mean() == pytest.approx(expected.mean(), rel=1e-4)
    assert found.std() == pytest.approx(expected.std(), rel=1e-3)
    assert found.min() >= (-math.inf if lower is None else lower)
    assert found.max() <= (math.inf if upper is None else upper)


def test_beta_keeps_the_value_as_its_mean() -> None:
    found = drawn(value=0.72, kind="beta", shape_a=7.2, shape_b=2.8)
    expected = stats.beta(7.2, 2.8)
    assert found.mean() == pytest.approx(0.72, rel=1e-6)
    assert found.std() == pytest.approx(expected.std(), rel=1e-4)
    other = drawn(value=500.0, kind="beta", shape_a=7.2, shape_b=2.8)
    assert other.mean() == pytest.approx(500, rel=1e-6)


@pytest.mark.parametrize(("a", "b", "c"), [(1.0, 2.0, 4.0), (1.0, 1.0, 4.0), (1.0, 4.0, 4.0)])
def test_triangular_has_its_ends_and_mean(a: float, b: float, c: float) -> None:
    found = drawn(value=b, kind="triangular", shape_a=a, shape_b=b, shape_c=c)
    assert found.mean() == pytest.approx((a + b + c) / 3, rel=1e-5)
    assert found.var() == pytest.approx((a * a + b * b + c * c - a * b - a * c - b * c) / 18, rel=1e-4)
    assert a <= found.min() < found.max() <= c


def test_lognormal_has_the_mean_and_spread_that_are_stated() -> None:
    found = drawn(value=20.0, se=9.0, kind="lognormal")
    assert found.mean() == pytest.approx(20, rel=1e-3)
    assert found.std() == pytest.approx(9, rel=1e-2)
    assert found.min() > 0


@pytest.mark.parametrize("given", [{}, {"se": 0.0}, {"se": 5.0, "kind": "fixed"}, {"se": 0.0, "kind": "lognormal"}])
def test_without_an_error_the_value_is_drawn(given: dict[str, Any]) -> None:
    assert (multiples(Distribution(value=3.0, **given), UNITS[:100]) == 1).all()


@given(value=positive, spread=relative, place=st.integers(0, 998))
def test_draws_grow_with_their_number(value: float, spread: float, place: int) -> None:
    """The quantiles of an input are those of its draws."""
    units = np.array([place + 0.5, place + 1.5]) / 1000
    for given_shapes in (
        {"se": value * spread},
        {"se": value * spread, "kind": "lognormal"},
        {"se": value * spread, "kind": "truncated_normal", "shape_a": 0.0},
        {"kind": "triangular", "shape_a": value * (1 - spread), "shape_b": value, "shape_c": value * (1 + spread)},
    ):
        low, high = multiples(Distribution(value=value, **given_shapes), units)
        assert low <= high


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "gamma", "se": 1.0}, "not known"),
        ({"kind": "normal", "se": -1.0}, "lacks se"),
        ({"kind": "truncated_normal", "shape_a": 0.0}, "lacks se"),
        ({"kind": "truncated_normal", "se": 1.0, "shape_a": 2.0, "shape_b": 2.0}, "do not fit"),
        ({"kind": "truncated_normal", "se": 1.0, "shape_a": 900.0}, "do not fit"),
        ({"kind": "beta", "shape_a": 2.0}, "lacks shape_b"),
        ({"kind": "beta", "shape_a": 2.0, "shape_b": 0.0}, "do not fit"),
        ({"kind": "triangular", "shape_a": 3.0, "shape_b": 2.0, "shape_c": 4.0}, "do not fit"),
        ({"kind": "triangular", "shape_a": 3.0, "shape_b": 3.0, "shape_c": 3.0}, "do not fit"),
    ],
)
def test_what_does_not_fit_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as refusal:
        multiples(Distribution(value=10.0, **given), UNITS[:10])
    assert refusal.value.remedy


def test_lognormal_of_a_loss_is_refused() -> None:
    with pytest.raises(InputError, match="do not fit"):
        multiples(Distribution(value=-10.0, se=1.0, kind="lognormal"), UNITS[:10])
