"""Camera traps: nights, stations, independent events; the same whatever the order of rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from mrv.field.cameras import camera_effort, camera_events, detections, independent, location_codes
from mrv.periods import Span
from mrv.schemas import DATASETS

LIMA = "America/Lima"
PERIOD = Span(date(2022, 7, 1), date(2022, 12, 31))
NOON = datetime(2022, 8, 1, 17, tzinfo=UTC)
"""Noon in Lima."""


def deployment(number: int, start: datetime = NOON, nights: int = 10, **changes: Any) -> dict[str, Any]:
    row = dict.fromkeys(DATASETS["camera_deployments"].schema.names)
    return row | {
        "deployment_id": f"d{number}",
        "location_id": f"place {number}",
        "longitude": -77.0,
        "latitude": -7.0,
        "started_at": start,
        "ended_at": start + timedelta(days=nights),
        "package_name": "pkg",
        "_artifact": "a",
        "_row": number,
        **changes,
    }


def observation(number: int, minutes: float, *, lasts: float = 0, **changes: Any) -> dict[str, Any]:
    row = dict.fromkeys(DATASETS["camera_observations"].schema.names)
    start = NOON + timedelta(minutes=minutes)
    return row | {
        "observation_id": f"o{number:03d}",
        "deployment_id": "d1",
        "event_id": f"e{number}",
        "event_start": start,
        "event_end": start + timedelta(minutes=lasts),
        "observation_level": "event",
        "observation_type": "animal",
        "scientific_name": "Panthera onca",
        "individual_count": 1,
        "package_name": "pkg",
        "_artifact": "a",
        "_row": number,
        **changes,
    }


def deployments_of(*rows: dict[str, Any]) -> Any:
    return DATASETS["camera_deployments"].table(rows)


def effort(*rows: dict[str, Any]) -> dict[str, dict[str, Any]]:
    table = camera_effort(deployments_of(*rows), period=PERIOD, time_zone=LIMA)
    return {row["deployment_id"]: row for row in table.to_pylist()}


def events(deployments: list[dict[str, Any]], observations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    table = deployments_of(*deployments)
    found = detections(DATASETS["camera_observations"].table(observations), table)
    told = camera_events(found, table, period=PERIOD, minutes=30, time_zone=LIMA, told=str)
    return [dict(row) for row in told.to_pylist()]


# --- nights ------------------------------------------------------------------------------------------------------
def test_nights_are_the_midnights_between_start_and_end() -> None:
    row = effort(deployment(1))["d1"]
    assert (row["first_night"], row["last_night"]) == (date(2022, 8, 1), date(2022, 8, 10))
    assert (row["deployed_nights"], row["camera_nights"], row["reason"]) == (10, 10, None)


def test_days_are_those_of_the_place() -> None:
    # 22:00 in Lima is the next day in UTC.
    late = datetime(2022, 8, 2, 3, tzinfo=UTC)
    assert effort(deployment(1, late, 1))["d1"]["first_night"] == date(2022, 8, 1)


def test_only_nights_of_the_period_count_and_failures_are_spread() -> None:
    row = effort(deployment(1, datetime(2022, 6, 26, 17, tzinfo=UTC), 10, failed_days=4.0))["d1"]
    assert (row["first_night"], row["last_night"], row["deployed_nights"]) == (date(2022, 7, 1), date(2022, 7, 5), 5)
    assert (row["failed_nights"], row["camera_nights"]) == (2, 3)
    assert "spread evenly" in row["reason"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"timestamp_issues": True}, "clock"),
        ({"failed_days": 10.0}, "failed for as many days"),
        ({"started_at": datetime(2021, 8, 1, tzinfo=UTC), "ended_at": datetime(2021, 9, 1, tzinfo=UTC)}, "period"),
        ({"ended_at": NOON + timedelta(hours=2)}, "period"),
    ],
)
def test_what_cannot_count_says_why(changes: dict[str, Any], words: str) -> None:
    row = effort(deployment(1, **changes))["d1"]
    assert (row["camera_nights"], row["failed_nights"]) == (0, 0)
    assert words in row["reason"]
    assert events([deployment(1, **changes)], [observation(1, 60)]) == []


def test_two_cameras_at_one_location_are_one_station() -> None:
    rows = effort(deployment(1, nights=10), deployment(2, NOON + timedelta(days=6), 10, location_id="place 1"))
    assert [rows[name]["camera_nights"] for name in ("d1", "d2")] == [10, 6]
    assert rows["d1"]["location_code"] == rows["d2"]["location_code"]
    assert "4 night(s) are counted with another deployment at the same location" in rows["d2"]["reason"]


def test_of_two_cameras_the_one_that_failed_less_keeps_the_nights() -> None:
    rows = effort(deployment(1, failed_days=6.0), deployment(2, location_id="place 1"))
    assert [rows[name]["camera_nights"] for name in ("d1", "d2")] == [0, 10]


def test_a_camera_that_is_changed_at_noon_loses_no_night() -> None:
    rows = effort(deployment(1, nights=10), deployment(2, NOON + timedelta(days=10), 10, location_id="place 1"))
    assert [row["camera_nights"] for row in rows.values()] == [10, 10]


def test_codes_of_locations_are_kept_when_deployments_are_added() -> None:
    first = location_codes(deployments_of(deployment(1), deployment(2, NOON + timedelta(days=1))))
    later = location_codes(
        deployments_of(deployment(3, NOON + timedelta(days=9)), deployment(2, NOON + timedelta(days=1)), deployment(1))
    )
    assert later | first == later == {"d1": "L001", "d2": "L002", "d3": "L003"}
    assert location_codes(deployments_of(deployment(1, location_id=None), deployment(2, location_id=None))) == {
        "d1": "L001",
        "d2": "L001",
    }


# --- events ------------------------------------------------------------------------------------------------------
def test_a_pause_longer_than_the_minutes_begins_another_event() -> None:
    found = events([deployment(1)], [observation(1, 0), observation(2, 30), observation(3, 60.1)])
    assert [(row["observation_count"], row["individual_count"]) for row in found] == [(2, 1), (1, 1)]


def test_the_pause_begins_with_the_end_of_what_was_seen() -> None:
    assert len(events([deployment(1)], [observation(1, 0, lasts=40), observation(2, 5), observation(3, 65)])) == 1


def test_species_and_locations_are_apart_and_cameras_of_a_station_are_not() -> None:
    station = [deployment(1), deployment(2, location_id="place 1"), deployment(3)]
    listed = [
        observation(1, 60),
        observation(2, 61, deployment_id="d2"),
        observation(3, 62, deployment_id="d3"),
        observation(4, 63, scientific_name="Puma concolor"),
    ]
    found = {
        (row["location_code"], row["scientific_name"]): row["observation_count"] for row in events(station, listed)
    }
    assert found == {("L001", "Panthera onca"): 2, ("L001", "Puma concolor"): 1, ("L002", "Panthera onca"): 1}


def test_pictures_of_an_event_told_as_a_whole_do_not_count_again() -> None:
    whole = observation(1, 60, individual_count=2, event_id="e")
    pictures = [
        observation(
            number, 60 + number, observation_level="media", media_id=f"m{number}", event_id="e", individual_count=3
        )
        for number in (2, 3)
    ]
    [event] = events([deployment(1)], [whole, *pictures])
    assert (event["observation_count"], event["individual_count"]) == (1, 2)
    [alone] = events([deployment(1)], pictures)
    assert (alone["observation_count"], alone["individual_count"]) == (2, 3)


def test_pictures_of_an_event_that_nobody_described_count() -> None:
    open_event = observation(1, 60, event_id="e", observation_type="unclassified", scientific_name=None)
    picture = observation(2, 60, event_id="e", observation_level="media", media_id="m")
    [event] = events([deployment(1)], [open_event, picture])
    assert event["camera_event_id"] == "L001-o002"


def test_rows_of_one_event_add_up_and_unknown_stays_unknown() -> None:
    rows = [observation(1, 60, event_id="e", sex="male"), observation(2, 60, event_id="e", sex="female")]
    assert [row["individual_count"] for row in events([deployment(1)], rows)] == [2]
    rows[1]["individual_count"] = None
    assert [row["individual_count"] for row in events([deployment(1)], rows)] == [None]


@pytest.mark.parametrize(
    "changes",
    [
        {"observation_type": "human", "scientific_name": "Homo sapiens"},
        {"scientific_name": "Homo sapiens"},
        {"observation_type": "blank", "scientific_name": None},
        {"scientific_name": None},
        {"deployment_id": "d9"},
    ],
)
def test_people_and_what_has_no_name_are_no_events(changes: dict[str, Any]) -> None:
    assert events([deployment(1)], [observation(1, 60, **changes)]) == []


def test_pictures_outside_their_deployment_do_not_count_and_are_told() -> None:
    table = deployments_of(deployment(1))
    found = detections(DATASETS["camera_observations"].table([observation(1, -5), observation(2, 60)]), table)
    assert ([row["observation_id"] for row in found.rows], dict(found.outside)) == (["o002"], {"d1": 1})
    [row] = camera_effort(table, period=PERIOD, time_zone=LIMA, outside=found.outside).to_pylist()
    assert "1 observation(s) of animals lie outside" in row["reason"]


TIMES = st.lists(
    st.tuples(
        st.integers(0, 600), st.integers(0, 90), st.sampled_from(["d1", "d2", "d3"]), st.sampled_from(["A b", "C d"])
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(times=TIMES, data=st.data())
def test_the_order_of_rows_does_not_matter(times: list[tuple[int, int, str, str]], data: st.DataObject) -> None:
    station = [deployment(1), deployment(2, location_id="place 1"), deployment(3)]
    rows = [
        observation(number, minutes, lasts=lasts, deployment_id=camera, scientific_name=name)
        for number, (minutes, lasts, camera, name) in enumerate(times, start=1)
    ]
    shuffled = data.draw(st.permutations(rows))
    first = events(station, rows)
    assert events(data.draw(st.permutations(station)), shuffled) == first
    assert sum(row["observation_count"] for row in first) == len(rows)


@settings(max_examples=60, deadline=None)
@given(starts=st.lists(st.integers(0, 2000), min_size=1, max_size=30), minutes=st.integers(0, 120))
def test_events_are_apart_and_their_detections_are_not(starts: list[int], minutes: int) -> None:
    clusters = independent([observation(number, start) for number, start in enumerate(starts)], minutes)
    pause = timedelta(minutes=minutes)
    for cluster in clusters:
        times = [row["event_start"] for row in cluster]
        assert all(later - earlier <= pause for earlier, later in pairwise(times))
    for before, after in pairwise(clusters):
        assert after[0]["event_start"] - before[-1]["event_start"] > pause


@settings(max_examples=60, deadline=None)
@given(
    spans=st.lists(st.tuples(st.integers(-40, 170), st.integers(0, 60), st.integers(0, 70)), min_size=1, max_size=8),
    places=st.integers(1, 3),
)
def test_nights_never_exceed_those_of_the_station(spans: list[tuple[int, int, int]], places: int) -> None:
    rows = [
        deployment(
            number, NOON + timedelta(days=start), nights, failed_days=float(failed), location_id=f"p{number % places}"
        )
        for number, (start, nights, failed) in enumerate(spans, start=1)
    ]
    found = effort(*rows)
    for row in found.values():
        assert Decimal(0) <= row["camera_nights"] <= row["deployed_nights"]
    for code in {row["location_code"] for row in found.values()}:
        assert sum(row["camera_nights"] for row in found.values() if row["location_code"] == code) <= PERIOD.days
