"""Plots that a precision asks for, and the mean over strata weighted by their areas."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrv.errors import InputError
from mrv.field.precision import Stratum, plots_for_target, plots_needed, weighted_mean

WORKED = [105.2, 98.7, 131.4, 120.9, 87.6, 142.3, 110.0, 126.5]


def test_the_worked_plots_need_nine() -> None:
    mean, sd = statistics.mean(WORKED), statistics.stdev(WORKED)
    asked = plots_for_target(mean=mean, sd=sd, target_percent=10, confidence=0.90, plot_count=8)
    assert asked == pytest.approx(8.94, abs=0.005)
    assert plots_needed(mean=mean, sd=sd, target_percent=10, confidence=0.90) == 9


@given(st.floats(0.01, 2), st.floats(2, 30), st.sampled_from([0.90, 0.95]))
def test_the_number_of_plots_is_enough_and_one_less_is_not(spread: float, target: float, confidence: float) -> None:
    known = {"mean": 100.0, "sd": 100 * spread, "target_percent": target, "confidence": confidence}
    needed = plots_needed(**known)
    assert plots_for_target(**known, plot_count=needed) <= needed
    assert needed == 2 or plots_for_target(**known, plot_count=needed - 1) > needed - 1


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 1.0), (1.0, 1e6)])
def test_a_precision_beyond_reach_is_refused(mean: float, sd: float) -> None:
    with pytest.raises(InputError):
        plots_needed(mean=mean, sd=sd, target_percent=10, confidence=0.90)


def test_the_worked_strata() -> None:
    found = weighted_mean([Stratum(0.7, 115, 20, 20), Stratum(0.3, 145, 30, 10)])
    assert found.mean == pytest.approx(124.0)
    assert found.se == pytest.approx(4.2308392, abs=5e-8)
    assert found.degrees_of_freedom == pytest.approx(25.955, abs=5e-4)
    assert found.ci90_half_width == pytest.approx(7.216655, abs=5e-7)


def test_areas_weigh_as_shares_do_and_a_stratum_without_area_does_not_count() -> None:
    shares = weighted_mean([Stratum(0.7, 115, 20, 20), Stratum(0.3, 145, 30, 10)])
    areas = weighted_mean([Stratum(700, 115, 20, 20), Stratum(300, 145, 30, 10), Stratum(0, 9, None, 1)])
    assert areas.mean == pytest.approx(shares.mean)
    assert areas.se == pytest.approx(shares.se)


def test_a_single_plot_has_no_spread() -> None:
    found = weighted_mean([Stratum(0.7, 115, 20, 20), Stratum(0.3, 145, None, 1)])
    assert found.mean == pytest.approx(124.0)
    assert (found.se, found.ci90_half_width) == (None, None)


def test_strata_without_area_cannot_be_weighted() -> None:
    with pytest.raises(InputError, match="cannot be weighted"):
        weighted_mean([Stratum(0, 115, 20, 20)])
