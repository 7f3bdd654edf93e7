"""Patrols from their files to effort: what is set aside, what is measured, and that a second run has nothing to do."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from expectations.runner import check
from mrv.scaffold import scaffold
from mrv.settings import Settings
from mrv.stages.check import Checked, check_received
from mrv.stages.context import Context, open_context
from mrv.stages.land import Landed, land, pull
from mrv.stages.measure import Measured
from mrv.stages.measure_patrols import measure_patrols

PATROLS = ["P1,Ground,2022-03-05,2022-03-05", "P2,Ground,2022-03-07,2022-03-06", "P3,Ground,2022-03-09,2022-03-09"]
TRACK = [f"P1,1,2022-03-05,07:{minute:02d}:00,-77.1,{-7.2 + minute / 10_000:.4f}" for minute in range(0, 50, 5)]
EVENTS = [
    "P1,1,1,2022-03-05,22:30:00,-77.1,-7.2,Amenazas,Tala,2022-03-05",
    "P1,1,2,2022-03-05,09:30:00,-77.1,-7.2,Amenazas,Caza,2022-03-04",
    "P1,1,3,2022-03-05,09:40:00,,,Amenazas,Incendio,",
]
HEADERS = {
    "patrols": "Patrol ID,Type,Patrol Start Date,Patrol End Date",
    "tracks": "Patrol ID,Patrol Leg ID,Waypoint Date,Waypoint Time,X,Y",
    "observations": "Patrol ID,Patrol Leg ID,Waypoint ID,Waypoint Date,Waypoint Time,X,Y,"
    "Observation Category 0,Observation Category 1,Response date",
}


def write(folder: Path, **rows: list[str]) -> None:
    """Write the exports of a project."""
    (folder / "smart").mkdir(exist_ok=True)
    for kind, header in HEADERS.items():
        (folder / "smart" / f"{kind}.csv").write_text("\n".join([header, *rows[kind]]) + "\n", encoding="utf-8")


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    folder = tmp_path / "project"
    scaffold(folder)
    write(folder, patrols=PATROLS, tracks=TRACK, observations=EVENTS)
    definition = folder / "project.yaml"
    project = yaml.safe_load(definition.read_text(encoding="utf-8"))
    files = [{"path": f"{kind}.csv", "kind": kind} for kind in HEADERS]
    project["sources"] = [{"connector": "smart", "name": "s", "root": "smart", "files": files}]
    definition.write_text(yaml.safe_dump(project, sort_keys=False), encoding="utf-8")
    with open_context(str(folder), "mp1", Settings(home=tmp_path / "home")) as opened:
        yield opened


def landed(context: Context) -> list[Landed]:
    [source] = context.definition.sources
    return land(context, source, pull(context, source))


def run(context: Context) -> tuple[dict[str, Checked], Measured]:
    checked = check_received(context, landed(context))
    measured = measure_patrols(context, checked)
    assert measured is not None
    return checked, measured


def _rules(checked: Checked) -> list[tuple[str, int]]:
    return [(row["rule"], row["row"]) for row in checked.set_aside().to_pylist()]


def _effort(measured: Measured) -> dict[str, dict[str, Any]]:
    return {row["patrol_id"]: row for row in measured.tables["patrol_effort"].to_pylist()}


def test_what_cannot_be_is_set_aside_with_its_rule(context: Context) -> None:
    checked, measured = run(context)
    assert _rules(checked["patrol_records"]) == [("end_after_start", 2)]
    # Answered on the evening itself is no day before: 22:30 in Lima is the next day in UTC.
    # What was answered the day before is a threat all the same: only its response is not known.
    assert _rules(checked["patrol_events"]) == []
    results = pq.read_table(checked["patrol_events"].results).to_pylist()
    assert [row["rows_failed"] for row in results if row["rule"] == "answer_after_event"] == [1]
    days = measured.tables["patrol_event_days"].sort_by("event_id").to_pylist()
    assert [row["response_days"] for row in days] == [0, None, None]
    assert [row["reason"] for row in days] == [
        None,
        "the response or resolution is dated before the event",
        "no response is recorded",
    ]
    assert {row["observed_on"] for row in days} == {date(2022, 3, 5)}


def test_effort_of_a_project(context: Context) -> None:
    _, measured = run(context)
    effort = _effort(measured)
    assert sorted(effort) == ["P1", "P3"]
    assert float(effort["P1"]["distance_km"]) == pytest.approx(0.4977, abs=0.0005)
    assert effort["P1"]["hours"] == Decimal("0.75")
    assert (effort["P3"]["distance_km"], effort["P3"]["reason"]) == (None, "the patrol has no track")
    coverage = [row for row in measured.tables["patrol_coverage"].to_pylist() if row["month"] is None]
    assert {row["zone_id"] for row in coverage} == {zone.zone_id for zone in context.zones}
    assert len(measured.tables["patrol_coverage"]) == len(context.zones) * 25


def test_the_order_of_the_rows_changes_no_digit_and_nothing_new_is_not_measured_again(context: Context) -> None:
    _, first = run(context)
    assert first.changed
    _, again = run(context)
    assert not again.changed
    shuffled = [*TRACK, *TRACK[:3]]
    random.Random(3).shuffle(shuffled)
    write(context.project.folder, patrols=PATROLS[::-1], tracks=shuffled, observations=EVENTS[::-1])
    _, other = run(context)
    assert other.tables["patrol_days"].equals(first.tables["patrol_days"])
    assert other.tables["patrol_coverage"].equals(first.tables["patrol_coverage"])
    assert other.tables["patrol_event_days"].equals(first.tables["patrol_event_days"])
    assert _effort(other)["P1"] == _effort(first)["P1"] | {"duplicate_count": 3}


SEGMENT = {
    "leader": {"id": "r1"},
    "time_range": {"start_time": "2022-03-05T11:00:00Z", "end_time": "2022-03-05T20:00:00Z"},
}


def _two_sources(context: Context, patrol: str, *, east_deg: float) -> tuple[dict[str, Checked], Measured]:
    """Let an EarthRanger tell of a patrol at the same time as P1 of SMART, that many degrees to the east."""
    fixes = []
    for row in TRACK:
        clock, longitude, latitude = row.split(",")[3:]
        place = {"longitude": float(longitude) + east_deg, "latitude": float(latitude)}
        # 07:00 in Lima is 12:00 UTC.
        at = f"2022-03-05T12:{clock[3:5]}:20Z"
        fixes.append({"patrol_id": patrol, "subject_id": "r1", "recorded_at": at, "location": place})
    folder = context.project.folder / "ranger"
    folder.mkdir()
    (folder / "patrols.json").write_text(json.dumps([{"id": patrol, "patrol_segments": [SEGMENT]}]), encoding="utf-8")
    (folder / "points.json").write_text(json.dumps(fixes), encoding="utf-8")
    definition = context.project.folder / "project.yaml"
    project = yaml.safe_load(definition.read_text(encoding="utf-8"))
    files = {"patrols": ["patrols.json"], "observations": ["points.json"]}
    project["sources"].append({"connector": "earthranger", "name": "e", "root": "ranger", "files": files})
    definition.write_text(yaml.safe_dump(project, sort_keys=False), encoding="utf-8")
    with open_context(str(context.project.folder), "mp1", context.settings) as opened:
        parts = [part for source in opened.definition.sources for part in land(opened, source, pull(opened, source))]
        checked = check_received(opened, parts)
        measured = measure_patrols(opened, checked)
    assert measured is not None
    return checked, measured


def test_a_walk_that_two_systems_tell_of_is_named(context: Context) -> None:
    _, measured = _two_sources(context, "ER1", east_deg=0.0002)
    effort = _effort(measured)
    assert (effort["P1"]["same_as"], effort["ER1"]["same_as"], effort["P3"]["same_as"]) == ("ER1", "P1", None)
    found = check("patrol_effort", measured.tables["patrol_effort"], parameters={})
    [rule] = [row for row in found.results.to_pylist() if row["rule"] == "patrol_told_twice"]
    assert (rule["severity"], rule["outcome"], rule["rows_failed"]) == ("warning", "failed", 2)
    assert "P1" in rule["observed"]
    assert "ER1" in rule["observed"]


def test_patrols_of_two_systems_that_walk_apart_are_two(context: Context) -> None:
    _, measured = _two_sources(context, "ER1", east_deg=0.002)
    assert {row["same_as"] for row in _effort(measured).values()} == {None}


def test_tracks_of_two_sources_under_one_id_are_not_joined(context: Context) -> None:
    _, alone = run(context)
    checked, measured = _two_sources(context, "P1", east_deg=0.05)
    assert {rule for rule, _ in _rules(checked["patrol_tracks"])} == {"patrol_of_one_source"}
    assert len(_rules(checked["patrol_tracks"])) == len(TRACK)
    assert {rule for rule, _ in _rules(checked["patrol_records"])} == {"end_after_start", "patrol_unique"}
    # The first source by name counts, which is EarthRanger; its points are as far apart as those of SMART.
    ours, theirs = _effort(alone)["P1"], _effort(measured)["P1"]
    assert theirs["point_count"] == ours["point_count"]
    assert float(theirs["distance_km"]) == pytest.approx(float(ours["distance_km"]), abs=0.001)


def test_a_project_without_patrols_measures_none(context: Context) -> None:
    assert measure_patrols(context, {}) is None
