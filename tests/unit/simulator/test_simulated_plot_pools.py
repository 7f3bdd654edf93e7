"""Simulated dead wood, litter, soil and audits of plots."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

from mrv.periods import Span
from mrv.simulator.plot_pools import make_plot_audits, with_pools

WINDOW = Span(date(2018, 1, 1), date(2018, 12, 31))


def _census(number: int, **other: Any) -> dict[str, Any]:
    trees = [
        {
            "trees/tree_id": str(tag),
            "trees/dbh_cm": "20.5",
            "trees/height_m": "15.0",
            "trees/genus": "Inga",
            "trees/status": "dead" if tag % 10 == 0 else "alive",
        }
        for tag in range(1, 101)
    ]
    return {
        "_id": number,
        "_validation_status": {"uid": "validation_status_approved"},
        "plot/plot_id": f"BMS-{number:02d}",
        "plot/census_id": "2018",
        "plot/census_date": "2018-07-01",
        "trees": trees,
    } | other


CENSUSES = [_census(number) for number in range(1, 37)]


def _pieces(submissions: list[dict[str, Any]]) -> list[float]:
    return [
        float(piece["dead_wood_lines/pieces/diameter_cm"])
        for item in submissions
        for line in item["dead_wood_lines"]
        for piece in line.get("dead_wood_lines/pieces", ())
    ]


def test_pools_are_those_of_a_forest_with_each_mistake_once() -> None:
    made = with_pools(1, CENSUSES)
    diameters = _pieces(made)
    assert len([each for each in diameters if each > 300]) == 1
    assert 10 <= sorted(diameters)[len(diameters) // 2] <= 25
    lines = [line for item in made for line in item["dead_wood_lines"]]
    assert any("dead_wood_lines/pieces" not in line for line in lines)
    sampled = [item for item in made if "soil" in item]
    assert len(sampled) == len([item for item in made if "litter" in item]) == len(CENSUSES) // 3
    assert [item["soil"][1]["soil/depth_from_cm"] for item in sampled].count("12") == 1
    frames = [frame for item in sampled for frame in item["litter"]]
    heavier = [frame for frame in frames if float(frame["litter/subsample_dry_g"]) > 100]
    assert len(heavier) == 1


def test_dead_trees_have_a_decay_class_and_the_living_have_none() -> None:
    for item in with_pools(1, CENSUSES):
        for tree in item["trees"]:
            assert ("trees/decay_class" in tree) == (tree["trees/status"] == "dead")


def test_the_same_census_sent_twice_has_the_same_answers_and_the_original_is_left_alone() -> None:
    before = copy.deepcopy(CENSUSES)
    twice = with_pools(1, [*CENSUSES, _census(16) | {"_id": 999}])
    assert twice[15] | {"_id": 999} == twice[-1]
    assert before == CENSUSES
    assert with_pools(1, CENSUSES) != with_pools(2, CENSUSES)


def test_an_audit_measures_a_share_of_some_approved_plots_again() -> None:
    refused = _census(1) | {"_validation_status": {"uid": "validation_status_not_approved"}}
    early = _census(2) | {"plot/census_date": "2016-07-01"}
    audits = make_plot_audits(1, [refused, early, *CENSUSES[2:]], WINDOW)
    audited = {item["audit/plot_id"] for item in audits}
    assert len(audits) == 4
    assert not audited & {"BMS-01", "BMS-02"}
    for item in audits:
        assert 0.1 <= len(item["trees"]) / 100 <= 0.15
        assert item["audit/audited_on"] > "2018-07-01"
    careless = [abs(float(tree["trees/dbh_cm"]) - 20.5) for tree in audits[1]["trees"]]
    careful = [abs(float(tree["trees/dbh_cm"]) - 20.5) for tree in audits[2]["trees"]]
    assert sum(careless) > 4 * sum(careful)
    assert audits[0]["trees"][-1]["trees/tree_id"] == "9001"
    assert make_plot_audits(1, [refused], WINDOW) == []
