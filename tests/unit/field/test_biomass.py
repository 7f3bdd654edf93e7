"""Equation 4: its published example, and that more tree is more biomass."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrv.errors import InputError
from mrv.field.biomass import agb_kg

DBH = st.floats(10, 300)
DENSITY = st.floats(0.1, 1.4)
HEIGHT = st.floats(1.3, 90)


def _agb(dbh_cm: float, density: float, height_m: float) -> float:
    return float(
        agb_kg(dbh_cm=np.array([dbh_cm]), wood_density_g_cm3=np.array([density]), height_m=np.array([height_m]))[0]
    )


def test_the_worked_example_of_the_methodology() -> None:
    # Methodology 4.1: D 30 cm, H 22 m, 0.6 g/cm³.
    assert _agb(30, 0.6, 22) == pytest.approx(638.31626, abs=1e-5)


@given(dbh=DBH, density=DENSITY, height=HEIGHT, more=st.floats(1.001, 2))
def test_it_grows_with_each_argument(dbh: float, density: float, height: float, more: float) -> None:
    agb = _agb(dbh, density, height)
    assert agb > 0
    assert _agb(dbh * more, density, height) == pytest.approx(agb * more**1.952)
    for larger in (
        _agb(dbh * more, density, height),
        _agb(dbh, density * more, height),
        _agb(dbh, density, height * more),
    ):
        assert larger > agb


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_what_is_not_positive_is_refused(wrong: float, at: int) -> None:
    arguments = [30.0, 0.6, 22.0]
    arguments[at] = wrong
    with pytest.raises(InputError, match="not a positive number"):
        _agb(*arguments)
