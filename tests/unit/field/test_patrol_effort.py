"""Tracks to effort: what counts, what is joined, and that order and chunks change no digit."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from mrv.errors import ProjectError
from mrv.field.local_time import local_days
from mrv.field.patrol_cells import Grid, cells_by_patrol, cut, patrol_coverage
from mrv.field.patrol_effort import patrol_days, patrol_effort
from mrv.field.patrol_events import answered_before, event_days
from mrv.field.patrol_tracks import TrackRule, Tracks, clean_tracks
from mrv.schemas import DATASETS

RULE = TrackRule(60, Decimal(120), "America/Lima", date(2023, 5, 1), date(2023, 6, 30))
START = datetime(2023, 5, 10, 15, 0, tzinfo=UTC)
GRID = Grid("EPSG:32718", 1000)
Fix = tuple[str, datetime, float | None, float | None, bool | None]
PARTS = ("point_count", "outside_count", "junk_count", "duplicate_count", "outlier_count")


def fix(minutes: float, north_m: float = 0.0, *, patrol: str = "P1", junk: bool | None = None) -> Fix:
    return (patrol, START + timedelta(minutes=minutes), -77.0, -7.0 + north_m / 110_600, junk)


def tracks_of(fixes: list[Fix], legs: list[str | None] | None = None) -> pa.Table:
    return DATASETS["patrol_tracks"].table(
        {
            "patrol_id": patrol,
            "source_system": "smart",
            "leg_id": legs[row - 1] if legs else None,
            "recorded_at": at,
            "longitude": longitude,
            "latitude": latitude,
            "is_junk": junk,
            "_artifact": "a",
            "_row": row,
        }
        for row, (patrol, at, longitude, latitude, junk) in enumerate(fixes, start=1)
    )


def records_of(*rows: dict[str, Any]) -> pa.Table:
    blank = dict.fromkeys(DATASETS["patrol_records"].schema.names)
    return DATASETS["patrol_records"].table(
        {**blank, "source_system": "smart", "_artifact": "a", "_row": row, **given}
        for row, given in enumerate(rows, start=1)
    )


def effort_of(fixes: list[Fix], *records: dict[str, Any], rule: TrackRule = RULE) -> dict[str, dict[str, Any]]:
    tracks = clean_tracks(tracks_of(fixes), rule)
    table = patrol_effort(records_of(*records), tracks, cells_by_patrol(tracks, cut(tracks, GRID)), rule)
    return {row["patrol_id"]: row for row in table.to_pylist()}


def test_distance_is_geodesic_and_hours_are_those_of_joined_parts() -> None:
    row = effort_of([fix(0), fix(10, 500), fix(20, 1200)])["P1"]
    expected = Geod(ellps="WGS84").line_length([-77.0, -77.0], [-7.0, -7.0 + 1200 / 110_600])
    assert float(row["distance_km"]) == pytest.approx(expected / 1000, abs=1e-6)
    assert (row["hours"], row["patrol_days"], row["reason"]) == (Decimal("0.333333333"), 1, None)


def test_a_repeated_point_is_removed_once_and_counted() -> None:
    row = effort_of([fix(0), fix(10, 500), fix(10, 500), fix(10, 500), fix(20, 1000)])["P1"]
    assert (row["point_count"], row["duplicate_count"]) == (3, 2)
    assert row["distance_km"] == effort_of([fix(0), fix(10, 500), fix(20, 1000)])["P1"]["distance_km"]


def _of_legs(legs: dict[str, list[Fix]]) -> dict[str, Any]:
    fixes = [point for own in legs.values() for point in own]
    tracks = clean_tracks(tracks_of(fixes, [leg for leg, own in legs.items() for _ in own]), RULE)
    [row] = patrol_effort(records_of(), tracks, cells_by_patrol(tracks, cut(tracks, GRID)), RULE).to_pylist()
    [day] = patrol_days(tracks).to_pylist()
    assert (day["distance_km"], day["point_count"]) == (row["distance_km"], row["point_count"])
    return row  # type: ignore[no-any-return]


@pytest.mark.parametrize("shift", [0, 5])
def test_legs_at_the_same_time_are_tracks_of_their_own(shift: int) -> None:
    """Two teams 5.5 km apart, each 2 km long: their points are neighbours in time, but nobody goes from one to the other."""
    one = [fix(10 * n, 100 * n) for n in range(21)]
    two = [fix(10 * n + shift, 5500 + 100 * n) for n in range(21)]
    row = _of_legs({"2": two, "1": one})
    assert (row["point_count"], row["duplicate_count"], row["outlier_count"], row["gap_count"]) == (42, 0, 0, 0)
    assert float(row["distance_km"]) == pytest.approx(4.0, abs=0.01)
    assert (row["patrol_days"], row["hours"]) == (1, Decimal("6.666666667"))
    assert (row["first_at"], row["last_at"]) == (START, START + timedelta(minutes=200 + shift))


def test_a_fault_in_one_leg_is_looked_for_in_that_leg() -> None:
    one = [fix(0), fix(10, 500), fix(10, 500), fix(20, 90_000), fix(30, 1000), fix(100, 1500)]
    row = _of_legs({"1": one, "2": [fix(n, 5000) for n in (0, 10, 15, 20, 25)]})
    assert [row[name] for name in PARTS] == [9, 0, 0, 1, 1]
    assert row["gap_count"] == 1


def test_a_gap_is_not_walked() -> None:
    row = effort_of([fix(0), fix(10, 500), fix(71, 90_000), fix(81, 90_500)])["P1"]
    assert row["gap_count"] == 1
    assert float(row["distance_km"]) == pytest.approx(1.0, abs=0.01)
    assert row["hours"] == Decimal("0.333333333")


def test_a_stray_point_is_an_outlier_and_its_neighbours_are_joined() -> None:
    row = effort_of([fix(0), fix(10, 500), fix(20, 90_000), fix(30, 1000), fix(40, 1500)])["P1"]
    assert (row["outlier_count"], row["gap_count"], row["point_count"]) == (1, 0, 4)
    assert float(row["distance_km"]) == pytest.approx(1.5, abs=0.01)


def test_between_two_stray_points_a_good_one_stays() -> None:
    row = effort_of([fix(0), fix(10, 90_000), fix(20, 500), fix(30, 90_000), fix(40, 1000)])["P1"]
    assert (row["outlier_count"], row["point_count"]) == (2, 3)


def test_a_jump_that_stays_is_not_joined() -> None:
    row = effort_of([fix(0), fix(10, 500), fix(20, 90_000), fix(30, 90_500)])["P1"]
    assert (row["outlier_count"], row["gap_count"]) == (0, 1)


def test_junk_and_points_without_a_place_are_counted_and_left_out() -> None:
    nowhere: Fix = ("P1", START + timedelta(minutes=5), None, None, None)
    zero: Fix = ("P1", START + timedelta(minutes=6), 0.0, 0.0, False)
    row = effort_of([fix(0), fix(4, 90_000, junk=True), nowhere, zero, fix(10, 500)])["P1"]
    assert (row["junk_count"], row["point_count"]) == (3, 2)
    assert float(row["distance_km"]) == pytest.approx(0.5, abs=0.01)


def test_points_of_other_days_do_not_count_for_the_period() -> None:
    late: Fix = ("P1", datetime(2023, 7, 1, 4, 59, tzinfo=UTC), -77.0, -7.0, None)
    out: Fix = ("P1", datetime(2023, 7, 1, 5, 0, tzinfo=UTC), -77.0, -7.0, None)
    row = effort_of([late, out])["P1"]
    # 04:59 UTC is 23:59 of 30 June in Lima, the last day of the period.
    assert (row["point_count"], row["outside_count"]) == (1, 1)


def test_the_way_over_midnight_counts_for_the_day_on_which_it_begins() -> None:
    night = datetime(2023, 5, 11, 4, 55, tzinfo=UTC)
    fixes: list[Fix] = [("P1", night + timedelta(minutes=10 * n), -77.0, -7.0 + n * 0.005, None) for n in range(3)]
    days = patrol_days(clean_tracks(tracks_of(fixes), RULE)).to_pylist()
    assert [row["patrol_day"] for row in days] == [date(2023, 5, 10), date(2023, 5, 11)]
    assert [row["point_count"] for row in days] == [1, 2]
    assert days[0]["distance_km"] == pytest.approx(days[1]["distance_km"], abs=Decimal("0.000001"))


@pytest.mark.parametrize(
    ("fixes", "reason"),
    [
        ([], "the patrol has no track"),
        ([fix(0, junk=True)], "no point of its track in the period can be used"),
        ([fix(0)], "no two points of its track are near enough in time and place to be joined"),
    ],
)
def test_no_distance_is_invented(fixes: list[Fix], reason: str) -> None:
    day = datetime(2023, 5, 10, 5, 0, tzinfo=UTC)
    row = effort_of(fixes, {"patrol_id": "P1", "started_at": day, "ended_at": day + timedelta(days=2)})["P1"]
    assert (row["distance_km"], row["hours"], row["reason"]) == (None, None, reason)
    assert (row["started_on"], row["ended_on"], row["declared_days"]) == (date(2023, 5, 10), date(2023, 5, 12), 3)


def test_patrols_of_other_periods_and_of_no_known_day_are_left_out() -> None:
    old = datetime(2020, 5, 10, 5, 0, tzinfo=UTC)
    found = effort_of([], {"patrol_id": "old", "started_at": old, "ended_at": old}, {"patrol_id": "undated"})
    assert found == {}
    assert list(effort_of([fix(0)], {"patrol_id": "P1"})) == ["P1"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["P1", "P2"]),
            st.integers(0, 300),
            st.floats(-77.2, -76.8),
            st.floats(-7.2, -6.8),
            st.booleans(),
        ),
        max_size=40,
    ),
    st.randoms(use_true_random=False),
)
@settings(max_examples=40, deadline=None)
def test_order_changes_no_digit_and_every_point_is_accounted_for(points: list[Any], shuffle: Any) -> None:
    fixes: list[Fix] = [(p, START + timedelta(minutes=m), x, y, junk) for p, m, x, y, junk in points]
    first = effort_of(fixes)
    shuffled = list(fixes)
    shuffle.shuffle(shuffled)
    assert effort_of(shuffled) == first
    for patrol, row in first.items():
        assert sum(row[name] for name in PARTS) == sum(point[0] == patrol for point in points)
    by_day = patrol_days(clean_tracks(tracks_of(fixes), RULE)).to_pylist()
    for patrol, row in first.items():
        if row["distance_km"] is not None:
            days = [item["distance_km"] for item in by_day if item["patrol_id"] == patrol]
            assert sum(days) == pytest.approx(row["distance_km"], abs=Decimal("1e-8"))


# --- cells -------------------------------------------------------------------------------------------------------
def _clean(fixes: list[Fix]) -> Tracks:
    return clean_tracks(tracks_of(fixes), RULE)


@given(st.lists(st.tuples(st.floats(-77.05, -76.95), st.floats(-7.05, -6.95)), min_size=2, max_size=8))
@settings(max_examples=40, deadline=None)
def test_cells_are_those_that_the_line_meets(places: list[tuple[float, float]]) -> None:
    tracks = _clean([("P1", START + timedelta(minutes=30 * n), x, y, None) for n, (x, y) in enumerate(places)])
    pieces = cut(tracks, GRID)
    shares = np.bincount(pieces.point, weights=pieces.share, minlength=len(tracks.joined))
    assert shares[tracks.joined] == pytest.approx(1.0, abs=1e-9)
    u, v = GRID.forward(tracks.points.longitude, tracks.points.latitude)
    met = set()
    for n in np.flatnonzero(tracks.joined):
        line = shapely.LineString([(u[n], v[n]), (u[n + 1], v[n + 1])])
        west, south, east, north = (math.floor(side) for side in line.bounds)
        boxes = [(c, r) for c in range(west, east + 1) for r in range(south, north + 1)]
        # What the line only touches at a corner or runs along may go to either side.
        met |= {(c, r) for c, r in boxes if shapely.box(c, r, c + 1, r + 1).intersection(line).length > 1e-9}
    found = {(int(cell) // (1 << 31), int(cell) % (1 << 31)) for cell in pieces.cell}
    own = {(math.floor(a), math.floor(b)) for a, b in zip(u, v, strict=True)}
    assert found - own == met - own


def test_coverage_counts_cells_by_their_centre_and_ways_by_their_middle() -> None:
    tracks = _clean([fix(0), fix(10, 1500), fix(20, 3000)])
    u, v = GRID.forward(np.array([-77.0]), np.array([-7.0]))
    west, south = GRID.inverse(np.floor(u), np.floor(v))
    east, north = GRID.inverse(np.floor(u) + 1, np.floor(v) + 10)
    zone = shapely.box(west[0], south[0], east[0], north[0])
    table = patrol_coverage(
        tracks,
        cut(tracks, GRID),
        grid=GRID,
        zones=[("z", zone)],
        first_day=RULE.first_day,
        last_day=RULE.last_day,
    )
    rows = {row["month"]: row for row in table.to_pylist()}
    assert list(rows) == [date(2023, 5, 1), date(2023, 6, 1), None]
    assert rows[None]["cell_count"] == 10
    assert rows[None]["visited_cell_count"] == rows[date(2023, 5, 1)]["visited_cell_count"] in (3, 4)
    assert float(rows[None]["distance_km"]) == pytest.approx(3.0, abs=0.01)
    assert (rows[date(2023, 6, 1)]["visited_cell_count"], rows[date(2023, 6, 1)]["distance_km"]) == (0, Decimal(0))


def test_a_grid_too_fine_for_its_zone_is_refused() -> None:
    with pytest.raises(ProjectError, match="too many cells"):
        Grid("EPSG:32718", 100).cells_of(shapely.box(-80, -12, -72, -4))


# --- events and days ---------------------------------------------------------------------------------------------
def _event(**given: Any) -> dict[str, Any]:
    blank = dict.fromkeys(DATASETS["patrol_events"].schema.names)
    need = {"event_id": "E1", "source_system": "smart", "event_kind": "threat", "source_category": "Tala"}
    return {**blank, **need, "_artifact": "a", "_row": 1, **given}


def test_response_days_count_from_the_local_day() -> None:
    # 02:00 UTC on the 11th is the evening of the 10th in Lima.
    seen = datetime(2023, 5, 11, 2, 0, tzinfo=UTC)
    rows = [
        _event(observed_at=seen, responded_on=date(2023, 5, 10), resolved_on=date(2023, 5, 13)),
        _event(event_id="E2", observed_at=seen, _row=2),
        _event(event_id="E3", _row=3),
        _event(event_id="E4", observed_at=datetime(2024, 1, 1, tzinfo=UTC), _row=4),
        _event(event_id="E5", observed_at=seen, responded_on=date(2023, 5, 9), _row=5),
    ]
    table = DATASETS["patrol_events"].table(rows)
    assert answered_before(table, "America/Lima") == ["a|5"]
    days = {
        row["event_id"]: row
        for row in event_days(
            table.slice(0, 4), time_zone="America/Lima", first_day=RULE.first_day, last_day=RULE.last_day
        ).to_pylist()
    }
    # E3 has no day: counted in this period it would count in every one.
    assert sorted(days) == ["E1", "E2"]
    assert (days["E1"]["response_days"], days["E1"]["resolution_days"], days["E1"]["reason"]) == (0, 3, None)
    assert days["E2"]["reason"] == "no response is recorded"


def test_local_days_follow_clocks_that_are_turned() -> None:
    moments = [datetime(2024, 3, 31, 0, 30, tzinfo=UTC), datetime(2024, 3, 31, 22, 30, tzinfo=UTC)]
    time_us = np.array([round(moment.timestamp() * 1e6) for moment in moments])
    assert local_days(time_us, "Europe/Madrid").tolist() == [19813, 19814]
    assert local_days(time_us, "America/Lima").tolist() == [19812, 19813]
