"""Plots and strata: slope once, living trees only, the latest census, and intervals that are null with one plot."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrv.errors import InputError
from mrv.field.plots import horizontal_area_ha, latest_censuses, read_censuses
from mrv.field.strata import stratum_statistics
from mrv.field.trees import Trees, read_trees
from mrv.intervals import student_t
from tests.unit.field.conftest import FIRST, SECOND


def _read(trees: Any, censuses: Any) -> Trees:
    return read_trees(trees, censuses=censuses, names={})


# Methodology 4.4, plot statistics.
PLOTS_MG_HA = [Decimal(text) for text in ("105.2", "98.7", "131.4", "120.9", "87.6", "142.3", "110.0", "126.5")]


def test_slope_is_corrected_once() -> None:
    # Methodology 4.4: 30 % slope, cos 0.957826.
    assert horizontal_area_ha(area_ha=1, slope_percent=30, slope_corrected=False) == pytest.approx(0.957826, abs=1e-6)
    assert horizontal_area_ha(area_ha=1, slope_percent=30, slope_corrected=True) == 1
    assert horizontal_area_ha(area_ha=1, slope_percent=30, slope_corrected=None) == 1


@given(slope=st.floats(0, 200), steeper=st.floats(1, 50))
def test_steeper_plots_have_less_horizontal_area(slope: float, steeper: float) -> None:
    def area(percent: float) -> float:
        return horizontal_area_ha(area_ha=1, slope_percent=percent, slope_corrected=False)

    assert 0 < area(slope + steeper) < area(slope) <= 1
    assert area(slope) == pytest.approx(math.cos(math.atan(slope / 100)))


@pytest.mark.parametrize("slope", [None, math.nan])
def test_a_missing_slope_is_refused_where_it_is_needed(slope: float | None) -> None:
    with pytest.raises(InputError, match="slope is missing"):
        horizontal_area_ha(area_ha=1, slope_percent=slope, slope_corrected=False)


@pytest.mark.parametrize("area", [0.0, -1.0, math.nan, math.inf])
def test_a_plot_needs_an_area(area: float, land: Any, make_plot: Any) -> None:
    with pytest.raises(InputError, match="area of a plot") as caught:
        read_censuses(land("plots", make_plot("p1", area_ha=area)), plot_strata={"p1": "s1"})
    assert caught.value.where == "plots, plot 'p1', census '1'"


def test_the_stratum_of_the_map_wins_over_that_of_the_row(land: Any, make_plot: Any) -> None:
    plots = land("plots", make_plot("p1", stratum_id="row"), make_plot("p2", stratum_id="row"))
    censuses = read_censuses(plots, plot_strata={"p1": "map"})
    assert [census.stratum_id for census in censuses.values()] == ["map", "row"]


def test_a_plot_without_stratum_is_refused(land: Any, make_plot: Any) -> None:
    with pytest.raises(InputError, match="no stratum"):
        read_censuses(land("plots", make_plot("p1")), plot_strata={})


def test_a_census_that_stands_twice_is_refused(land: Any, make_plot: Any) -> None:
    with pytest.raises(InputError, match="stands twice"):
        read_censuses(land("plots", make_plot("p1"), make_plot("p1")), plot_strata={"p1": "s1"})


def test_the_latest_census_is_by_date_not_by_name(land: Any, make_plot: Any) -> None:
    plots = land(
        "plots",
        make_plot("p1", census_id="9", census_date=date(2019, 1, 1)),
        make_plot("p1", census_id="10", census_date=date(2022, 1, 1)),
        make_plot("p2", census_date=None),
    )
    latest = latest_censuses(read_censuses(plots, plot_strata={"p1": "s", "p2": "s"}).values())
    assert [census.key for census in latest] == [("p1", "10"), ("p2", "1")]


@pytest.mark.parametrize("day", [None, date(2020, 5, 1)])
def test_censuses_without_an_order_are_refused(day: date | None, land: Any, make_plot: Any) -> None:
    plots = land("plots", make_plot("p1"), make_plot("p1", census_id="2", census_date=day))
    with pytest.raises(InputError, match="latest census"):
        latest_censuses(read_censuses(plots, plot_strata={"p1": "s"}).values())


def test_trees_are_told_apart_by_their_status(land: Any, make_plot: Any, make_tree: Any) -> None:
    censuses = read_censuses(land("plots", make_plot("p1")), plot_strata={"p1": "s"})
    trees = land("trees", make_tree("p1", "2", 20.0, status="dead"), make_tree("p1", "1", 20.0, status="alive"))
    assert _read(trees, censuses).alive.tolist() == [True, False]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"plot_id": "p9"}, "belongs to no plot census"),
        ({"census_id": "2"}, "belongs to no plot census"),
        ({"tree_id": "1"}, "stands twice"),
        ({"status": "vivo"}, "status of a tree is unknown"),
        ({"status": None}, "status of a tree is unknown"),
        ({"dbh_cm": math.nan}, "dbh_cm of a tree"),
        ({"dbh_cm": 0.0}, "dbh_cm of a tree"),
        ({"height_m": -3.0}, "height_m of a tree"),
        ({"life_form": "shrub"}, "life form of a tree"),
        ({"life_form": "standing_dead"}, "said to be alive"),
        ({"decay_class": "2"}, "decay class of a tree"),
    ],
)
def test_unusable_trees_are_refused_by_name(
    change: dict[str, Any], message: str, land: Any, make_plot: Any, make_tree: Any
) -> None:
    censuses = read_censuses(land("plots", make_plot("p1")), plot_strata={"p1": "s"})
    bad = make_tree("p1", "2", 20.0) | change
    with pytest.raises(InputError, match=message) as caught:
        _read(land("trees", make_tree("p1", "1", 20.0), bad), censuses)
    assert caught.value.where == f"trees, plot {bad['plot_id']!r}, census {bad['census_id']!r}, tree {bad['tree_id']!r}"
    assert caught.value.remedy


def test_a_plot_without_trees_is_no_plot_without_biomass_unless_the_team_says_so(
    compute: Any, land: Any, make_plot: Any, make_tree: Any
) -> None:
    one = make_tree("p1", "1", 20.0)

    def measured(*trees: dict[str, Any], **plot: Any) -> tuple[int, bool, str | None, int]:
        carbon = compute(
            plots=land("plots", make_plot("p1"), make_plot("p2", **plot)), trees=land("trees", one, *trees)
        )
        row = carbon.plot_biomass.to_pylist()[1]
        [stratum] = carbon.stratum_biomass.to_pylist()
        return row["agb_mg_ha"], row["complete"], (row["reason"] or "").split(":")[0], stratum["plot_count"]

    assert measured(no_trees=True) == (0, True, "", 2), "a measured zero counts in the mean"
    for silent in (None, False):
        assert measured(no_trees=silent) == (0, False, "no_tree_received", 1)
    dead = make_tree("p2", "1", 20.0, status="dead")
    assert measured(dead) == (0, True, "", 2)
    assert measured(dead, no_trees=True)[1:] == (False, "no_trees_contradicted", 1)


def test_a_census_of_which_no_tree_came_gives_no_change(
    compute: Any, land: Any, make_plot: Any, make_tree: Any
) -> None:
    plots = [make_plot("p1", census_date=FIRST), make_plot("p1", census_id="2", census_date=SECOND)]
    tree = land("trees", make_tree("p1", "1", 20.0))
    [lost] = compute(plots=land("plots", *plots), trees=tree).plot_changes.to_pylist()
    assert (lost["change_mg_ha_yr"], lost["reason"]) == (None, "no_tree_received")
    felled = compute(plots=land("plots", plots[0], plots[1] | {"no_trees": True}), trees=tree)
    [gone] = felled.plot_changes.to_pylist()
    assert (gone["agb_to_mg_ha"], gone["mortality_mg_ha"]) == (0, gone["agb_from_mg_ha"])
    assert (gone["change_mg_ha_yr"] < 0, gone["reason"]) == (True, None)


def test_student_t_is_the_tabled_one() -> None:
    # Methodology 4.4 and 2.3.
    assert student_t(confidence=0.90, degrees_of_freedom=7) == pytest.approx(1.8945786, abs=1e-7)
    assert student_t(confidence=0.90, degrees_of_freedom=599) == pytest.approx(1.647401, abs=1e-6)


def test_plot_statistics_are_the_published_ones() -> None:
    found = stratum_statistics(PLOTS_MG_HA)
    assert found.n == 8
    assert found.mean == pytest.approx(115.325, abs=1e-12)
    assert found.sd == pytest.approx(18.1971544, abs=1e-7)
    assert found.se == pytest.approx(6.4336656, abs=1e-7)
    assert found.ci90_half_width == pytest.approx(12.1890853, abs=1e-7)
    assert found.ci95_half_width == pytest.approx(15.2132018, abs=1e-7)
    assert found.precision90_percent == pytest.approx(10.5693, abs=1e-4)


def test_one_plot_has_no_interval() -> None:
    found = stratum_statistics([Decimal("250")])
    assert (found.n, found.mean) == (1, 250)
    assert [found.sd, found.se, found.ci90_half_width, found.ci95_half_width, found.precision90_percent] == [None] * 5


def test_a_mean_of_zero_has_no_precision() -> None:
    found = stratum_statistics([Decimal(0), Decimal(0)])
    assert (found.sd, found.precision90_percent) == (0, None)


def test_no_plot_is_refused() -> None:
    with pytest.raises(InputError, match="no plot"):
        stratum_statistics([])


@given(values=st.lists(st.decimals(1, 900, places=9), min_size=2, max_size=30), seed=st.randoms())
def test_the_order_of_plots_changes_no_digit(values: list[Decimal], seed: Any) -> None:
    mixed = values.copy()
    seed.shuffle(mixed)
    assert stratum_statistics(mixed) == stratum_statistics(values)
