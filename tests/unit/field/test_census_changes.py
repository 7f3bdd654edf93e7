"""Permanent plots: what became of each tree, sums that close, and changes that are not given where trees are in doubt."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mrv.field.rounding import to_factor
from mrv.field.strata import stratum_statistics
from mrv.project_field import FieldCarbon as Settings
from mrv.project_field import Layout, Nest
from tests.unit.field.conftest import FIRST, SECOND, THIRD

YEARS = Decimal("1.998631075")
"""730 days of 365.25 a year."""


def test_each_tree_has_its_fate(follow: Any) -> None:
    dead = {"dbh_cm": 30.0, "status": "dead"}
    carbon = follow(
        {"a": 20.0, "b": 30.0, "c": 25.0, "back": dead, "gone": dead, "stays": 40.0},
        {"a": 21.0, "b": dead, "new": 11.0, "back": 31.0, "stays": 40.0, "never": dead},
    )
    fates = {row["tree_id"]: row["fate"] for row in carbon.tree_changes.to_pylist()}
    assert fates == {
        "a": "survivor",
        "b": "death",
        "c": "missing",
        "new": "recruit",
        "back": "resurrected",
        "stays": "survivor",
    }
    [plot] = carbon.plot_changes.to_pylist()
    counts = [plot[f"{name}_count"] for name in ("survivor", "recruit", "death", "missing")]
    assert counts == [2, 1, 1, 1]
    assert (plot["reason"], plot["change_mg_ha_yr"]) == ("resurrected_trees", None)


def test_growth_is_by_the_days_between(follow: Any) -> None:
    [row] = follow({"a": 20.0}, {"a": 22.0}).tree_changes.to_pylist()
    assert row["growth_cm_yr"] == pytest.approx(2 / float(YEARS), abs=1e-6)
    assert row["agb_to_kg"] > row["agb_from_kg"]
    assert (row["dbh_from_cm"], row["dbh_to_cm"], row["flag"]) == (20.0, 22.0, None)


def test_the_change_of_a_plot_is_that_of_its_trees(follow: Any) -> None:
    carbon = follow(
        {"a": 20.0, "b": 30.0, "c": 25.0}, {"a": 22.0, "new": 12.0, "b": {"dbh_cm": 30.0, "status": "dead"}}
    )
    kg = {(row["census_id"], row["tree_id"]): Decimal(repr(row["agb_kg"])) for row in carbon.tree_biomass.to_pylist()}
    [plot] = carbon.plot_changes.to_pylist()
    assert plot["growth_mg_ha"] == to_factor((kg["2", "a"] - kg["1", "a"]) / 1000)
    assert plot["recruitment_mg_ha"] == to_factor(kg["2", "new"] / 1000)
    assert plot["mortality_mg_ha"] == to_factor((kg["1", "b"] + kg["1", "c"]) / 1000), "missing trees count as lost"
    assert plot["years"] == YEARS
    assert plot["change_mg_ha_yr"] == to_factor((plot["agb_to_mg_ha"] - plot["agb_from_mg_ha"]) / YEARS)
    [stratum] = carbon.stratum_changes.to_pylist()
    assert (stratum["plot_count"], stratum["change_mg_ha_yr"]) == (1, plot["change_mg_ha_yr"])
    assert stratum["se_mg_ha_yr"] is None


DIAMETERS = st.dictionaries(st.sampled_from([f"t{n}" for n in range(12)]), st.floats(10, 90), min_size=1)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=DIAMETERS, after=DIAMETERS, dead=st.sets(st.sampled_from([f"t{n}" for n in range(12)])))
def test_the_four_close_to_the_last_digit(
    before: dict[str, float], after: dict[str, float], dead: set[str], follow: Any
) -> None:
    later = {tag: {"dbh_cm": dbh, "status": "dead" if tag in dead else "alive"} for tag, dbh in after.items()}
    carbon = follow(before, later)
    [plot] = carbon.plot_changes.to_pylist()
    moved = plot["growth_mg_ha"] + plot["recruitment_mg_ha"] - plot["mortality_mg_ha"]
    assert plot["agb_from_mg_ha"] + moved == plot["agb_to_mg_ha"]
    stocks = {row["census_id"]: row["agb_mg_ha"] for row in carbon.plot_biomass.to_pylist() if row["plot_id"] == "p1"}
    assert (plot["agb_from_mg_ha"], plot["agb_to_mg_ha"]) == (stocks["1"], stocks["2"])
    survivors = [row for row in carbon.tree_changes.to_pylist() if row["fate"] == "survivor"]
    gains = [Decimal(repr(row["agb_to_kg"])) - Decimal(repr(row["agb_from_kg"])) for row in survivors]
    gained = sum(gains, Decimal(0)) / 1000
    assert abs(plot["growth_mg_ha"] - gained) <= Decimal("3e-9"), "growth takes the rounding, no more"


@pytest.mark.parametrize(
    ("before", "after", "flag", "reason"),
    [
        ({"a": 20.0}, {"a": 18.5}, "growth_too_small", "implausible_growth"),
        ({"a": 20.0}, {"a": 36.0}, "growth_too_large", "implausible_growth"),
        ({}, {"a": 26.0}, "recruit_too_large", "implausible_growth"),
        ({"a": {"dbh_cm": 20.0, "pom_m": 1.3}}, {"a": {"dbh_cm": 21.0, "pom_m": 3.0}}, "pom_changed", None),
        # Further up a stem is thinner, never thicker.
        ({"a": {"dbh_cm": 90.0, "pom_m": 1.3}}, {"a": {"dbh_cm": 60.0, "pom_m": 4.0}}, "pom_changed", None),
        (
            {"a": {"dbh_cm": 90.0, "pom_m": 4.0}},
            {"a": {"dbh_cm": 60.0, "pom_m": 1.3}},
            "growth_too_small",
            "implausible_growth",
        ),
        (
            {"a": {"dbh_cm": 20.0, "pom_m": 1.3}},
            {"a": {"dbh_cm": 62.5, "pom_m": 1.4}},
            "growth_too_large",
            "implausible_growth",
        ),
        ({"a": 20.0}, {"a": {"dbh_cm": 21.0, "genus": "Ficus"}}, "genus_changed", None),
        ({"a": {"dbh_cm": 20.0, "height_m": 15.0}}, {"a": 21.0}, "height_method_changed", None),
        ({"a": 20.0}, {"a": 21.0}, None, None),
        ({}, {"a": 24.0}, None, None),
    ],
)
def test_doubtful_trees_are_flagged_and_their_plot_gives_no_change(
    before: dict[str, Any], after: dict[str, Any], flag: str | None, reason: str | None, follow: Any
) -> None:
    other = {"z": 40.0}
    carbon = follow(before | other, after | {"z": 41.0})
    found = next(row for row in carbon.tree_changes.to_pylist() if row["tree_id"] == "a")
    assert found["flag"] == flag
    [plot] = carbon.plot_changes.to_pylist()
    assert plot["reason"] == reason
    assert (plot["change_mg_ha_yr"] is None) == (reason is not None)
    assert carbon.stratum_changes.num_rows == (0 if reason else 1)


def test_the_limits_of_growth_are_the_projects(follow: Any) -> None:
    wide = Settings(max_growth_cm_yr=Decimal(9))
    carbon = follow({"a": 20.0}, {"a": 36.0}, settings=wide)
    assert carbon.tree_changes["flag"].to_pylist() == [None]


def test_a_copied_census_gives_no_change(follow: Any) -> None:
    ten = {f"t{n}": 20.0 + n for n in range(10)}
    [plot] = follow(ten, ten | {"new": 12.0}).plot_changes.to_pylist()
    assert plot["reason"] == "copied_census"
    nine = dict(list(ten.items())[:9])
    [plot] = follow(nine, nine).plot_changes.to_pylist()
    assert plot["reason"] is None


@pytest.mark.parametrize(
    ("later", "more", "reason"),
    [
        ({"area_ha": 0.5}, {}, "area_changed"),
        ({}, {"trees_set_aside": {("p1", "1"): 1}}, "trees_set_aside"),
        ({"area_ha": 0.5}, {"trees_set_aside": {("p1", "2"): 1}}, "trees_set_aside, area_changed"),
    ],
)
def test_plots_that_cannot_be_compared_give_no_change(
    later: dict[str, Any], more: dict[str, Any], reason: str, follow: Any
) -> None:
    [plot] = follow({"a": 20.0}, {"a": 21.0}, later, **more).plot_changes.to_pylist()
    assert (plot["reason"], plot["change_mg_ha_yr"]) == (reason, None)


def test_censuses_are_paired_by_date_and_plots_count_once(
    compute: Any, land: Any, make_plot: Any, make_tree: Any
) -> None:
    days = {"9": FIRST, "10": SECOND, "8": THIRD}
    sizes = {"9": 20.0, "10": 22.0, "8": 23.0}
    carbon = compute(
        plots=land(
            "plots",
            *(
                make_plot(plot, census_id=census, census_date=day)
                for plot in ("p1", "p2")
                for census, day in days.items()
            ),
        ),
        trees=land(
            "trees",
            *(make_tree("p1", "1", dbh, census_id=census) for census, dbh in sizes.items()),
            *(make_tree("p2", "1", dbh + 30, census_id=census) for census, dbh in sizes.items()),
        ),
    )
    pairs = [(row["plot_id"], row["census_from"], row["census_to"]) for row in carbon.plot_changes.to_pylist()]
    assert pairs == [("p1", "10", "8"), ("p1", "9", "10"), ("p2", "10", "8"), ("p2", "9", "10")]
    stocks = {(row["plot_id"], row["census_id"]): row["agb_mg_ha"] for row in carbon.plot_biomass.to_pylist()}
    years = sum(row["years"] for row in carbon.plot_changes.to_pylist()[:2])
    changes = [(stocks[plot, "8"] - stocks[plot, "9"]) / years for plot in ("p1", "p2")]
    [stratum] = carbon.stratum_changes.to_pylist()
    expected = stratum_statistics(changes)
    assert stratum["plot_count"] == 2
    assert float(stratum["change_mg_ha_yr"]) == pytest.approx(expected.mean, abs=1e-9)
    assert float(stratum["se_mg_ha_yr"]) == pytest.approx(expected.se or 0, abs=1e-9)


def test_recruits_of_a_nested_plot_are_judged_by_its_smallest_nest(
    compute: Any, land: Any, make_plot: Any, make_tree: Any
) -> None:
    layout = Layout(id="large", nests=(Nest(area_m2=Decimal(10_000), min_dbh_cm=Decimal(30)),))
    plots = land(
        "plots",
        *(
            make_plot("p1", census_id=census, census_date=day, layout_id="large")
            for census, day in (("1", FIRST), ("2", SECOND))
        ),
    )
    trees = land(
        "trees",
        make_tree("p1", "1", 40.0),
        make_tree("p1", "1", 41.0, census_id="2"),
        make_tree("p1", "2", 44.0, census_id="2"),
    )
    carbon = compute(plots=plots, trees=trees, settings=Settings(layouts=(layout,)))
    assert carbon.tree_changes["flag"].to_pylist() == [None, None]


def test_the_height_of_a_palm_says_nothing_of_its_biomass(follow: Any) -> None:
    palm = {"genus": "Iriartea", "family": "Arecaceae"}
    carbon = follow({"a": palm | {"dbh_cm": 20.0, "height_m": 15.0}}, {"a": palm | {"dbh_cm": 20.5}})
    assert carbon.tree_changes["flag"].to_pylist() == [None]


def test_a_single_census_has_no_changes(compute: Any) -> None:
    carbon = compute()
    assert [carbon.tree_changes.num_rows, carbon.plot_changes.num_rows, carbon.stratum_changes.num_rows] == [0, 0, 0]
