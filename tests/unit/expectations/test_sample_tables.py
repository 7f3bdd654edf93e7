"""The checks across the tables of a sample."""

from __future__ import annotations

import json
from typing import Any

import pytest

from expectations.sample_tables import (
    REMEDIES,
    check_double_reading,
    check_labels_usable,
    check_resolutions,
    check_sample_units,
    units_set_aside,
)
from mrv.schemas import DATASETS


def tables(rows: Any, **changes: dict[str, Any]) -> Any:
    """A design of 400 pixels with one stratum and three units; the second row of a table is changed by `changes`."""
    [design] = rows("sample_designs", 1)
    [stratum] = rows("sample_strata", 1)
    units = rows("sample_units")
    stratum |= {"stratum_id": "z1.loss", "map_class": "loss"} | changes.get("sample_strata", {})
    design |= {"design_id": "cover"} | changes.get("sample_designs", {})
    units[1] |= changes.get("sample_units", {})
    return check_sample_units(
        DATASETS["sample_units"].table(units),
        designs=DATASETS["sample_designs"].table([design]),
        strata=DATASETS["sample_strata"].table([stratum]),
    ).to_pylist()[0]


def test_units_as_they_were_drawn(rows: Any) -> None:
    found = tables(rows)
    assert (found["outcome"], found["severity"], found["rows_evaluated"]) == ("passed", "critical", 3)


@pytest.mark.parametrize(
    ("table", "change", "told"),
    [
        ("sample_strata", {"drawn_count": 4}, "stratum z1.loss of cover: 3 units, 4 drawn"),
        ("sample_units", {"stratum_id": "z1.gain"}, "unit cover-00002: loss in a stratum of no design"),
        ("sample_units", {"map_class": "gain"}, "unit cover-00002: gain in a stratum of loss"),
        ("sample_designs", {"pixel_count": 401}, "pixel_count of cover: 400 in strata, 401 in the design"),
        ("sample_designs", {"area_um2": 1}, "area_um2 of cover"),
    ],
)
def test_tables_that_contradict_each_other(rows: Any, table: str, change: dict[str, Any], told: str) -> None:
    found = tables(rows, **{table: change})
    assert found["outcome"] == "failed"
    assert told in found["observed"]
    assert found["rule"] in REMEDIES


@pytest.mark.parametrize(("twice", "outcome"), [(0, "failed"), (1, "failed"), (2, "passed")])
def test_a_tenth_of_the_units_is_read_twice(rows: Any, twice: int, outcome: str) -> None:
    # Twenty labelled units, so that two of them are a tenth; a resolution is no second reading.
    [label] = rows("sample_labels", 1)
    listed = [label | {"unit_id": f"u{number}"} for number in range(20)]
    listed += [label | {"unit_id": f"u{number}", "interpreter": "interpreter-2"} for number in range(twice)]
    listed += [label | {"unit_id": f"u{number}", "role": "resolution"} for number in range(10)]
    [found] = check_double_reading(DATASETS["sample_labels"].table(listed)).to_pylist()
    assert (found["outcome"], found["severity"], found["rows_evaluated"]) == (outcome, "warning", 20)
    assert outcome == "passed" or f"cover: {twice} of 20 labelled units" in found["observed"]


def test_nobody_has_labelled_yet() -> None:
    [found] = check_double_reading(DATASETS["sample_labels"].empty()).to_pylist()
    assert found["outcome"] == "passed"


def aside(*about: tuple[str | None, str | None], rules: int = 1) -> Any:
    """Labels in quarantine: a row for each, under one rule or more."""
    rows = [
        {
            "dataset": "sample_labels",
            "artifact": "a",
            "row": number,
            "rule": f"rule_{rule}",
            "severity": "error",
            "reason": "-",
            "record": json.dumps({name: text for name, text in (("design_id", design), ("unit_id", unit)) if text}),
        }
        for number, (design, unit) in enumerate(about, start=1)
        for rule in range(rules)
    ]
    return DATASETS["quarantine"].table(rows)


def test_units_of_which_labels_were_set_aside(rows: Any) -> None:
    units = DATASETS["sample_units"].table(rows("sample_units"))
    known, other = ("cover", "cover-00002"), ("cover", "cover-00009")
    quarantine = aside(known, known, ("cover", "cover-00001"), other, ("cover", None), ("b", "cover-00001"), rules=2)
    assert units_set_aside(quarantine, units) == ({("cover", "cover-00001"): 1, known: 2}, 3)
    [found] = check_labels_usable(quarantine, units).to_pylist()
    assert (found["outcome"], found["severity"], found["rows_failed"]) == ("failed", "warning", 5)
    assert found["observed"] == (
        "2 units are open, labels of theirs were set aside (cover-00001: 1, cover-00002: 2); "
        "3 labels set aside name no unit that was drawn: which units miss them is not known"
    )
    assert found["rule"] in REMEDIES


def test_no_label_was_set_aside(rows: Any) -> None:
    [found] = check_labels_usable(aside(), DATASETS["sample_units"].table(rows("sample_units"))).to_pylist()
    assert (found["outcome"], found["observed"]) == ("passed", None)


def test_who_resolves(rows: Any) -> None:
    [label] = rows("sample_labels", 1)

    def said(unit: str, who: str, meaning: str, role: str = "interpreter") -> dict[str, Any]:
        return label | {"unit_id": unit, "interpreter": who, "reference_class": meaning, "role": role}

    disagreeing = [said(unit, who, meaning) for unit in "ab" for who, meaning in (("i1", "loss"), ("i2", "gain"))]
    agreeing = [said("c", "i1", "loss"), said("c", "i2", "loss")]
    third = said("a", "i3", "gain", "resolution")
    sound = [*disagreeing, *agreeing, third, said("c", "i1", "loss", "resolution")]
    [found] = check_resolutions(DATASETS["sample_labels"].table(sound)).to_pylist()
    assert (found["outcome"], found["rows_evaluated"]) == ("passed", 2)
    doubtful = [said("b", "i2", "gain", "resolution"), said("d", "i1", "loss", "resolution")]
    [found] = check_resolutions(DATASETS["sample_labels"].table([*sound, *doubtful])).to_pylist()
    assert (found["outcome"], found["severity"], found["rows_failed"]) == ("failed", "warning", 2)
    assert found["observed"] == (
        "1 units were resolved by one of those who disagree (b); 1 units were resolved without a label (d)"
    )
    assert found["rule"] in REMEDIES
