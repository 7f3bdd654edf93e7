"""Permanent plots: censuses that contradict each other, nested plots, and trees computed alike in both censuses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mrv.field.carbon import FieldCarbon
from mrv.project_field import FieldCarbon as Settings
from mrv.project_field import Layout, Nest
from tests.unit.field.conftest import FIRST, SECOND, THIRD


def _stands(carbon: FieldCarbon) -> list[tuple[str, bool, str | None]]:
    rows = carbon.plot_biomass.to_pylist()
    return [(row["census_id"], row["complete"], row["reason"]) for row in rows if row["plot_id"] == "p1"]


@pytest.mark.parametrize(
    ("before", "after", "stands", "doubt"),
    [
        ({"a": 16.9}, {"a": 62.5}, "1", "growth_too_large (1) against census 1"),
        # 15.2 cm written as 152: the second census is the right one, and the smaller.
        ({"a": 152.0}, {"a": 16.0}, "2", "growth_too_small (1) against census 2"),
        ({}, {"a": 80.0}, "1", "recruit_too_large (1) against census 1"),
        ({"a": {"dbh_cm": 20.0, "status": "dead"}}, {"a": 20.5}, "1", "resurrected_trees (1) against census 1"),
        (
            {f"t{n}": 20.0 + n for n in range(10)},
            {f"t{n}": 20.0 + n for n in range(10)},
            "1",
            "copied_census of census 1",
        ),
    ],
)
def test_of_two_censuses_that_contradict_each_other_the_smaller_stands(
    before: dict[str, Any], after: dict[str, Any], stands: str, doubt: str, follow: Any
) -> None:
    moved = {} if "copied" in doubt else {"z": 40.0}
    carbon = follow(before | moved, after | dict.fromkeys(moved, 41.0))
    reasons = {"1": None, "2": None, "2" if stands == "1" else "1": f"census_in_doubt: {doubt}"}
    assert _stands(carbon) == [(census, reason is None, reason) for census, reason in sorted(reasons.items())]
    stocks = {(row["plot_id"], row["census_id"]): row["agb_mg_ha"] for row in carbon.plot_biomass.to_pylist()}
    assert stocks["p1", stands] <= max(stocks["p1", "1"], stocks["p1", "2"])
    [stratum] = carbon.stratum_biomass.to_pylist()
    assert stratum["plot_count"] == 2
    assert float(stratum["agb_mg_ha"]) == pytest.approx(float(stocks["p1", stands] + stocks["p2", "1"]) / 2, abs=1e-9)


def test_doubtful_trees_that_weigh_little_are_told_and_counted(follow: Any) -> None:
    many = {f"t{n}": 60.0 for n in range(20)}
    grown = dict.fromkeys(many, 60.5)
    carbon = follow(many | {"a": 20.0, "b": 22.0}, grown | {"a": 18.0, "b": 38.0})
    flags = {row["tree_id"]: row["flag"] for row in carbon.tree_changes.to_pylist()}
    assert (flags["a"], flags["b"]) == ("growth_too_small", "growth_too_large")
    [plot] = carbon.plot_changes.to_pylist()
    assert (plot["doubtful_count"], plot["reason"]) == (2, None)
    kg = [row for row in carbon.tree_changes.to_pylist() if row["tree_id"] in "ab"]
    net = sum(Decimal(repr(row["agb_to_kg"])) - Decimal(repr(row["agb_from_kg"])) for row in kg) / 1000
    assert abs(plot["doubtful_mg_ha"] - net) < Decimal("3e-9")
    assert [sure for _, sure, _ in _stands(carbon)] == [True, True]
    strict = follow(
        many | {"a": 20.0, "b": 22.0}, grown | {"a": 18.0, "b": 38.0}, settings=Settings(doubt_percent=Decimal("0.1"))
    )
    assert strict.plot_changes["reason"].to_pylist() == ["implausible_growth"]


@pytest.mark.parametrize(
    ("sizes", "sure"),
    [
        # The second is wrong, and the third agrees with the first.
        ((20.0, 62.5, 22.0), [True, False, True]),
        ((62.5, 20.0, 21.0), [False, True, True]),
        ((20.0, 62.5, 99.0), [True, False, False]),
    ],
)
def test_the_next_census_is_judged_by_the_last_one_that_stands(
    sizes: tuple[float, ...], sure: list[bool], compute: Any, land: Any, make_plot: Any, make_tree: Any
) -> None:
    days = (FIRST, SECOND, THIRD)
    carbon = compute(
        plots=land("plots", *(make_plot("p1", census_id=str(n), census_date=day) for n, day in enumerate(days))),
        trees=land("trees", *(make_tree("p1", "1", dbh, census_id=str(n)) for n, dbh in enumerate(sizes))),
    )
    assert carbon.plot_biomass["complete"].to_pylist() == sure


def test_a_smaller_census_that_misses_trees_puts_no_other_in_doubt(follow: Any) -> None:
    carbon = follow({"a": 60.0}, {"a": 20.0}, trees_set_aside={("p1", "2"): 1})
    assert [sure for _, sure, _ in _stands(carbon)] == [True, False]


def test_a_moved_point_of_measurement_is_no_growth(follow: Any) -> None:
    carbon = follow({"a": {"dbh_cm": 120.0, "pom_m": 1.3}, "z": 40.0}, {"a": {"dbh_cm": 90.0, "pom_m": 4.0}, "z": 41.0})
    found = next(row for row in carbon.tree_changes.to_pylist() if row["tree_id"] == "a")
    assert (found["flag"], found["growth_cm_yr"]) == ("pom_changed", None)
    assert found["agb_from_kg"] == found["agb_to_kg"]
    [plot] = carbon.plot_changes.to_pylist()
    assert plot["growth_mg_ha"] > 0
    assert plot["reason"] is None


@pytest.mark.parametrize("more", [{"trees_set_aside": {("p1", "1"): 1}}, {"later": {"area_ha": 2.0}}])
def test_a_thick_new_tree_is_no_doubt_where_it_may_have_been_set_aside_or_stands_on_new_land(
    more: dict[str, Any], follow: Any
) -> None:
    carbon = follow({"z": 40.0}, {"z": 41.0, "a": 80.0}, **more)
    assert _stands(carbon)[1] == ("2", True, None)


def _nested(compute: Any, land: Any, make_plot: Any, make_tree: Any, new_cm: float) -> FieldCarbon:
    nests = (
        Nest(radius_m=Decimal(4), min_dbh_cm=Decimal(5), max_dbh_cm=Decimal(20)),
        Nest(radius_m=Decimal(14), min_dbh_cm=Decimal(20), max_dbh_cm=Decimal(50)),
        Nest(radius_m=Decimal(20), min_dbh_cm=Decimal(50)),
    )
    layout = Layout(id="n", nests=nests)
    censuses = (("1", FIRST), ("2", SECOND))
    plots = [
        make_plot("p1", census_id=census, census_date=day, layout_id="n", area_ha=0.1257) for census, day in censuses
    ]
    trees = [
        make_tree("p1", "1", 30.0),
        make_tree("p1", "2", 19.8),
        make_tree("p1", "1", 31.0, census_id="2"),
        make_tree("p1", "2", 20.4, census_id="2"),
        make_tree("p1", "9", new_cm, census_id="2"),
    ]
    found: FieldCarbon = compute(
        plots=land("plots", *plots), trees=land("trees", *trees), settings=Settings(layouts=(layout,))
    )
    return found


@pytest.mark.parametrize(
    ("new_cm", "fate", "flag"),
    [
        (7.0, "recruit", None),
        (19.9, "recruit", None),
        (24.0, "ongrowth", None),
        # 49 cm at 18 m from the centre were not measured in the first census.
        (50.6, "ongrowth", None),
        (66.0, "ongrowth", "recruit_too_large"),
        (36.0, "ongrowth", "recruit_too_large"),
    ],
)
def test_a_new_tree_is_judged_by_its_own_nest(
    new_cm: float, fate: str, flag: str | None, compute: Any, land: Any, make_plot: Any, make_tree: Any
) -> None:
    carbon = _nested(compute, land, make_plot, make_tree, new_cm)
    new = next(row for row in carbon.tree_changes.to_pylist() if row["tree_id"] == "9")
    assert (new["fate"], new["flag"]) == (fate, flag)
    [plot] = carbon.plot_changes.to_pylist()
    assert (plot["recruit_count"], plot["ongrowth_count"]) == ((1, 0) if fate == "recruit" else (0, 1))
    assert (plot["change_mg_ha_yr"] is None) == (flag is not None)
    nest = {row["tree_id"]: row["trees_per_ha"] for row in carbon.tree_biomass.to_pylist() if row["census_id"] == "2"}
    assert float(plot["recruitment_mg_ha"]) == pytest.approx(new["agb_to_kg"] / 1000 * nest["9"], rel=1e-9)


FERN = {"genus": "Cyathea", "species": None, "family": "Cyatheaceae", "dbh_cm": 15.0}


@pytest.mark.parametrize(
    ("before", "after", "missing", "reason"),
    [
        (FERN | {"height_m": 8.0}, FERN, [0, 1], "biomass_unknown"),
        (FERN, FERN | {"height_m": 8.0}, [1, 0], "biomass_unknown"),
        (FERN, None, [1, 0], "biomass_unknown"),
        (None, FERN, [0, 1], "biomass_unknown"),
        (FERN, FERN, [1, 1], None),
        (FERN | {"height_m": 8.0}, FERN | {"height_m": 8.5}, [0, 0], None),
    ],
)
def test_a_tree_without_biomass_is_counted_and_makes_no_change(
    before: Any, after: Any, missing: list[int], reason: str | None, follow: Any
) -> None:
    carbon = follow({"z": 40.0} | ({"f": before} if before else {}), {"z": 41.0} | ({"f": after} if after else {}))
    rows = [row for row in carbon.plot_biomass.to_pylist() if row["plot_id"] == "p1"]
    assert [row["trees_without_biomass"] for row in rows] == missing
    assert [row["complete"] for row in rows] == [True, True]
    [plot] = carbon.plot_changes.to_pylist()
    assert plot["reason"] == reason
    assert (plot["change_mg_ha_yr"] is None) == (reason is not None)
    if plot["survivor_count"] == 2 and missing != [0, 0]:
        fern = next(row for row in carbon.tree_changes.to_pylist() if row["tree_id"] == "f")
        assert (fern["agb_from_kg"], fern["agb_to_kg"]) == (None, None)


def test_a_height_measured_once_is_no_growth(follow: Any) -> None:
    short = {f"t{n}": {"dbh_cm": 30.0 + n, "height_m": 12.0} for n in range(30)}
    grown = {f"t{n}": 30.1 + n for n in range(30)}
    [plot] = follow(short, grown).plot_changes.to_pylist()
    [modelled] = follow({tag: tree["dbh_cm"] for tag, tree in short.items()}, grown).plot_changes.to_pylist()
    assert plot["change_mg_ha_yr"] == modelled["change_mg_ha_yr"]
    both = {tag: {"dbh_cm": dbh, "height_m": 12.0} for tag, dbh in grown.items()}
    [measured] = follow(short, both).plot_changes.to_pylist()
    assert 0 < measured["change_mg_ha_yr"] < modelled["change_mg_ha_yr"], "heights measured twice are used"


def test_a_tree_without_a_name_does_not_change_with_its_neighbours(follow: Any) -> None:
    unnamed = {"genus": None, "species": None, "dbh_cm": 30.0}
    light, heavy = {"dbh_cm": 40.0}, {"dbh_cm": 40.0, "genus": "Inga", "species": "alba"}
    carbon = follow({"a": unnamed, "b": light, "c": heavy}, {"a": unnamed, "b": light})
    found = next(row for row in carbon.tree_changes.to_pylist() if row["tree_id"] == "a")
    assert found["agb_from_kg"] == found["agb_to_kg"]
    stocks = [
        row["agb_kg"] for row in carbon.tree_biomass.to_pylist() if (row["plot_id"], row["tree_id"]) == ("p1", "a")
    ]
    assert stocks[0] > stocks[1], "each census by itself has the mean of its own trees"


@pytest.mark.parametrize("name", [{"species": "alba"}, {"genus": None, "species": None}])
def test_a_name_told_later_is_no_growth(name: dict[str, Any], follow: Any) -> None:
    carbon = follow({"a": {"dbh_cm": 30.0} | name, "z": 40.0}, {"a": 30.0, "z": 40.0})
    found = next(row for row in carbon.tree_changes.to_pylist() if row["tree_id"] == "a")
    assert found["agb_from_kg"] == found["agb_to_kg"]


def test_a_palm_with_a_stem_height_in_one_census_has_its_familys_equation_in_both(follow: Any) -> None:
    palm = {"genus": "Iriartea", "species": "deltoidea", "family": "Arecaceae", "dbh_cm": 20.0}
    stem = Settings(palm_heights="stem")
    carbon = follow({"a": palm | {"height_m": 15.0}, "z": 40.0}, {"a": palm, "z": 41.0}, settings=stem)
    found = next(row for row in carbon.tree_changes.to_pylist() if row["tree_id"] == "a")
    assert found["agb_from_kg"] == found["agb_to_kg"]
    euterpe = {"genus": "Euterpe", "species": "precatoria", "family": "Arecaceae", "dbh_cm": 15.0}
    grown = follow(
        {"a": euterpe | {"height_m": 8.5}, "z": 40.0}, {"a": euterpe | {"height_m": 9.5}, "z": 41.0}, settings=stem
    )
    found = next(row for row in grown.tree_changes.to_pylist() if row["tree_id"] == "a")
    assert found["agb_from_kg"] == found["agb_to_kg"]


def test_a_tag_that_one_census_missed_is_refound_and_no_recruit(
    compute: Any, land: Any, make_plot: Any, make_tree: Any
) -> None:
    days = (FIRST, SECOND, THIRD)
    there = {"a": (40.0, 41.0, 42.0), "lost": (60.0, None, 61.0), "new": (None, None, 12.0)}
    carbon = compute(
        plots=land("plots", *(make_plot("p1", census_id=str(n), census_date=day) for n, day in enumerate(days))),
        trees=land(
            "trees",
            *(
                make_tree("p1", tag, dbh, census_id=str(n))
                for tag, sizes in there.items()
                for n, dbh in enumerate(sizes)
                if dbh
            ),
        ),
    )
    fates = {(row["census_to"], row["tree_id"]): (row["fate"], row["flag"]) for row in carbon.tree_changes.to_pylist()}
    assert fates["1", "lost"] == ("missing", None)
    assert fates["2", "lost"] == ("refound", None)
    assert fates["2", "new"] == ("recruit", None)
    first, second = carbon.plot_changes.to_pylist()
    assert (first["missing_count"], second["recruit_count"]) == (1, 1)
    for plot in (first, second):
        moved = plot["growth_mg_ha"] + plot["recruitment_mg_ha"] - plot["mortality_mg_ha"]
        assert plot["agb_from_mg_ha"] + moved == plot["agb_to_mg_ha"]
    assert second["recruitment_mg_ha"] > first["mortality_mg_ha"]
