"""Patrols from their files to effort: what is set aside, what is measured, and that a second run has nothing to do."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

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
    assert _rules(checked["patrol_events"]) == [("answer_after_event", 2)]
    days = {row["event_id"][-8:]: row for row in measured.tables["patrol_event_days"].to_pylist()}
    assert [row["response_days"] for row in days.values()] == [0, None]
    assert {row["observed_on"] for row in days.values()} == {date(2022, 3, 5)}


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


def test_a_project_without_patrols_measures_none(context: Context) -> None:
    assert measure_patrols(context, {}) is None
