"""The height model: exact on exact data, blind to the order of the sample, and picky about it."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mrv.errors import InputError
from mrv.field.height import fit_height_model

DIAMETERS = [10.0, 12.5, 17.0, 21.0, 26.0, 33.0, 41.0, 55.0, 72.0, 90.0, 120.0]
TREE = st.tuples(st.floats(5, 200), st.floats(2, 60))


def _parabola_m(dbh_cm: float) -> float:
    x = math.log(dbh_cm)
    return math.exp(0.5 + 1.1 * x - 0.09 * x**2)


@pytest.mark.parametrize("form", ["log2_weighted", "log2_unweighted"])
def test_heights_on_the_curve_give_the_curve_back(form: Any) -> None:
    model = fit_height_model(dbh_cm=DIAMETERS, height_m=[_parabola_m(d) for d in DIAMETERS], form=form)
    assert (model.b0, model.b1, model.b2) == pytest.approx((0.5, 1.1, -0.09), rel=1e-9)
    assert model.rse_log == pytest.approx(0, abs=1e-12)
    assert model.predict_m(np.array([30.0])) == pytest.approx([_parabola_m(30.0)], rel=1e-9)


@pytest.mark.parametrize("form", ["log2_weighted", "log2_unweighted"])
@settings(max_examples=40, deadline=None)
@given(sample=st.lists(TREE, min_size=12, max_size=40, unique_by=lambda t: round(t[0])), seed=st.integers(0, 99))
def test_it_is_least_squares_in_any_order(form: Any, sample: list[tuple[float, float]], seed: int) -> None:
    model = fit_height_model(dbh_cm=[d for d, _ in sample], height_m=[h for _, h in sample], form=form)
    mixed = sample.copy()
    random.Random(seed).shuffle(mixed)
    assert fit_height_model(dbh_cm=[d for d, _ in mixed], height_m=[h for _, h in mixed], form=form) == model
    d, h = (np.array(column) for column in zip(*sample, strict=True))
    weights = np.sqrt(d**2 * h) if form == "log2_weighted" else np.ones_like(d)
    x = np.log(d)
    basis = np.column_stack([np.ones_like(x), x, x**2]) * weights[:, None]
    expected, *_ = np.linalg.lstsq(basis, np.log(h) * weights, rcond=None)
    fitted = model.b0 + model.b1 * x + model.b2 * x**2
    assert fitted == pytest.approx(expected[0] + expected[1] * x + expected[2] * x**2, abs=1e-6)


def test_the_back_transform_lifts_by_half_the_variance() -> None:
    heights = [_parabola_m(d) * (1.2 if n % 2 else 0.8) for n, d in enumerate(DIAMETERS)]
    model = fit_height_model(dbh_cm=DIAMETERS, height_m=heights, form="log2_unweighted")
    x = math.log(30.0)
    on_curve = math.exp(model.b0 + model.b1 * x + model.b2 * x**2)
    assert model.rse_log > 0.1
    assert model.predict_m(np.array([30.0]))[0] == pytest.approx(on_curve * math.exp(model.rse_log**2 / 2))


@pytest.mark.parametrize(
    ("dbh_cm", "height_m", "message"),
    [
        (DIAMETERS[:9], DIAMETERS[:9], "too small"),
        (DIAMETERS, [*DIAMETERS[:-1], 0.0], "height of the height-diameter sample"),
        ([*DIAMETERS[:-1], math.nan], DIAMETERS, "diameter of the height-diameter sample"),
        ([10.0, 20.0] * 6, [*DIAMETERS, 1.0], "too few different diameters"),
        (DIAMETERS, DIAMETERS[:-1], "11 diameters and 10 heights"),
    ],
)
def test_unusable_samples_are_refused(dbh_cm: list[float], height_m: list[float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit_height_model(dbh_cm=dbh_cm, height_m=height_m, form="log2_weighted")
