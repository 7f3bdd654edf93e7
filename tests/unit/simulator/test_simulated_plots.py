"""Simulated forest plots: permanent ones with their mistakes, nested ones, and the same ones for the same seed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import shapely

from mrv.boundaries import Zone
from mrv.periods import Span
from mrv.project_field import Layout, Nest
from mrv.simulator.plots import make_submissions

LAYOUT = Layout(id="rings", nests=(Nest(radius_m=Decimal(14), min_dbh_cm=Decimal(10)),))
WINDOW = Span(date(2018, 1, 1), date(2024, 6, 30))


BOX = shapely.box(-77.5, -7.5, -77.2, -7.0)
ZONES = [Zone("project", "project_area", "Project", None, BOX, "1", True, "zones.geojson", 0, "0" * 64)]


def _made(*, window: Span = WINDOW, layouts: tuple[Layout, ...] = (LAYOUT,)) -> list[dict[str, Any]]:
    return make_submissions(3, ZONES, census_window=window, layouts=layouts)


def _trees(submission: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {tree["trees/tree_id"]: tree for tree in submission["trees"]}


def test_the_same_seed_gives_the_same_plots() -> None:
    assert _made() == _made()


def test_permanent_plots_hold_their_mistakes() -> None:
    submissions = _made()
    assert [item["_id"] for item in submissions] == sorted({item["_id"] for item in submissions})
    again = [item for item in submissions if item["plot/census_id"] == "2022"]
    assert [item["plot/plot_id"] for item in again] == [f"BMS-{number:02d}" for number in range(1, 37, 4)]
    first = {item["plot/plot_id"]: item for item in submissions if item["plot/census_id"] == "2018"}
    pairs = [(_trees(first[item["plot/plot_id"]]), _trees(item)) for item in again]
    growth = [
        [
            float(after[tag]["trees/dbh_cm"]) - float(tree["trees/dbh_cm"])
            for tag, tree in before.items()
            if tag in after
        ]
        for before, after in pairs
    ]
    assert [max(of_plot) > 40 for of_plot in growth] == [False, True] + [False] * 7
    resurrected = [
        tag
        for tag, tree in pairs[2][0].items()
        if tree["trees/status"] == "dead" and pairs[2][1][tag]["trees/status"] == "alive"
    ]
    assert len(resurrected) == 1
    assert [len(before.keys() - after.keys()) for before, after in pairs] == [0, 0, 0, 1, 0, 0, 0, 0, 0]


def test_a_short_window_has_no_second_census() -> None:
    assert {item["plot/census_id"] for item in _made(window=Span(date(2018, 1, 1), date(2021, 12, 31)))} == {"2018"}


def test_plots_are_nested_where_the_project_says_how() -> None:
    assert not any("plot/layout_id" in item for item in _made(layouts=()))
    nested = [item for item in _made() if "plot/layout_id" in item]
    assert [(item["plot/plot_id"], item["plot/area_ha"]) for item in nested] == [
        ("BMS-22", "0.0616"),
        ("BMS-26", "0.0616"),
    ]
