"""Weibull curves, regional heights and equation 6a: published values, least squares, and blindness to order."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mrv.errors import InputError
from mrv.field.height_curves import ChaveHeights, WeibullHeights, feldpausch, fit_weibull, height_model
from mrv.project_field import FieldCarbon as Settings

DIAMETERS = np.array([10.0, 12.5, 17.0, 21.0, 26.0, 33.0, 41.0, 55.0, 72.0, 90.0, 120.0])
NOISE = np.array([1.05, 0.93, 1.1, 0.98, 0.9, 1.07, 1.0, 0.95, 1.04, 0.97, 1.02])


def test_regional_heights_are_the_published_ones() -> None:
    # Methodology 4.1 and the oracle of the Nouragues trees.
    heights = feldpausch("guiana_shield").predict_m(np.array([11.0, 74.4]))
    assert heights == pytest.approx([14.402780, 39.176052], abs=1e-6)
    assert feldpausch("western_amazonia").rse_m == 5.277


def test_equation_6a_is_the_published_one() -> None:
    heights = ChaveHeights(-0.129005623).predict_m(np.array([11.0, 74.4]))
    assert heights == pytest.approx([14.562269, 40.257192], abs=1e-6)


@pytest.mark.parametrize("form", ["weibull_weighted", "weibull_unweighted"])
def test_heights_on_the_curve_give_the_curve_back(form: Any) -> None:
    curve = WeibullHeights(form, 44.0, 0.05, 0.85, 0.0)
    model = fit_weibull(dbh_cm=DIAMETERS, height_m=curve.predict_m(DIAMETERS), form=form)
    assert (model.a, model.b, model.c) == pytest.approx((44.0, 0.05, 0.85), rel=1e-6)
    assert model.rse_m == pytest.approx(0, abs=1e-6)
    assert (model.n, model.dbh_min_cm, model.dbh_max_cm) == (11, 10.0, 120.0)


@pytest.mark.parametrize("form", ["weibull_weighted", "weibull_unweighted"])
def test_it_is_a_minimum_in_any_order(form: Any) -> None:
    heights = WeibullHeights(form, 44.0, 0.05, 0.85, 0.0).predict_m(DIAMETERS) * NOISE
    model = fit_weibull(dbh_cm=DIAMETERS, height_m=heights, form=form)
    order = list(range(len(DIAMETERS)))
    random.Random(3).shuffle(order)
    assert fit_weibull(dbh_cm=DIAMETERS[order], height_m=heights[order], form=form) == model
    weights = DIAMETERS**2 * heights if form == "weibull_weighted" else np.ones_like(DIAMETERS)

    def loss(a: float, b: float, c: float) -> float:
        return float(np.sum(weights * (heights - WeibullHeights(form, a, b, c, 0.0).predict_m(DIAMETERS)) ** 2))

    best = loss(model.a, model.b, model.c)
    for step in (0.999, 1.001):
        assert loss(model.a * step, model.b, model.c) >= best
        assert loss(model.a, model.b * step, model.c) >= best
        assert loss(model.a, model.b, model.c * step) >= best


@settings(max_examples=25, deadline=None)
@given(
    sample=st.lists(
        st.tuples(st.floats(5, 200), st.floats(2, 60)), min_size=12, max_size=40, unique_by=lambda tree: round(tree[0])
    )
)
def test_any_sample_has_a_curve_or_a_refusal(sample: list[tuple[float, float]]) -> None:
    try:
        model = fit_weibull(dbh_cm=[d for d, _ in sample], height_m=[h for _, h in sample], form="weibull_weighted")
    except InputError as error:
        assert "Weibull" in error.message
        return
    heights = model.predict_m(np.array([d for d, _ in sample]))
    assert np.isfinite(heights).all()
    assert (heights > 0).all()


@pytest.mark.parametrize(
    ("setting", "kind"),
    [
        (Settings(height_model="feldpausch_2012", height_region="pantropical"), WeibullHeights),
        (Settings(height_model="weibull_weighted"), WeibullHeights),
        (
            Settings(height_model="chave_2014_eq6a", environmental_stress="0.1", environmental_stress_source="raster"),
            ChaveHeights,
        ),
    ],
)
def test_a_project_chooses_its_height_model(setting: Settings, kind: type) -> None:
    curve = WeibullHeights("weibull_weighted", 44.0, 0.05, 0.85, 0.0)
    model = height_model(setting, zip(DIAMETERS.tolist(), (curve.predict_m(DIAMETERS) * NOISE).tolist(), strict=True))
    assert isinstance(model, kind)
    assert model.form == setting.height_model


def test_too_few_heights_are_refused() -> None:
    with pytest.raises(InputError, match="too small"):
        fit_weibull(dbh_cm=[10.0], height_m=[9.0], form="weibull_weighted")


@pytest.mark.parametrize("form", ["weibull_weighted", "feldpausch_2012"])
def test_the_model_stands_in_every_row(form: Any, compute: Any) -> None:
    region = "western_amazonia" if form == "feldpausch_2012" else None
    rows = compute(settings=Settings(height_model=form, height_region=region)).tree_biomass
    assert set(rows["height_method"].to_pylist()) == {form}
