"""Which detections tell of the same fire: each rule, its limits, and that the order of rows changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from raster.fire_events import Detections, SameFire, fire_events

EAST = 360.0 / (2 * np.pi * 6_378_137.0)
"""Degrees of longitude in a metre on the equator."""
HOUR = 3600


def detections(*rows):
    """Rows of (id, metres east, hours, satellite) and optionally MODIS and near-real-time flags and the type."""
    padded = [(*row, *(False, False, None)[len(row) - 4 :]) for row in rows]
    ids, east, hours, satellites, modis, nrt, types = zip(*padded, strict=True)
    return Detections(
        ids,
        -77 + np.array(east) * EAST,
        np.zeros(len(rows)),
        np.array([round(hour * HOUR) for hour in hours], dtype=np.int64),
        satellites,
        np.array(modis),
        np.array(nrt),
        types,
    )


def events(*rows, rule=None):
    found = fire_events(detections(*rows), rule or SameFire())
    return {row["fire_id"]: (row["event_id"], row["rule"]) for row in found}


def test_one_fire_under_two_satellites():
    found = fire_events(detections(("a", 0, 0, "N"), ("b", 300, 1, "N20")), SameFire())
    assert [list(row.values()) for row in found] == [
        ["a", "a", True, None, "first_detection", True],
        ["b", "a", False, "a", "seen_by_another_satellite", True],
    ]


@pytest.mark.parametrize(
    ("metres", "hours", "modis", "same"),
    [
        (374, 12, False, True),
        (376, 12, False, False),
        (374, 12.01, False, False),
        (999, 12, True, True),
        (1001, 12, True, False),
    ],
)
def test_the_limits_are_those_of_the_coarser_pixel_and_the_hours(metres, hours, modis, same):
    found = events(("a", 0, 0, "Aqua" if modis else "N", modis), ("b", metres, hours, "N20"))
    assert (found["b"][0] == "a") is same


def test_the_limits_are_declared():
    rows = (("a", 0, 0, "N"), ("b", 700, 20, "N20"))
    assert events(*rows)["b"][0] == "b"
    assert events(*rows, rule=SameFire(24, 800, 1000))["b"][0] == "a"
    assert events(*rows, rule=SameFire(0, 0, 0))["b"][0] == "b"


def test_neighbouring_pixels_of_one_satellite_are_two_detections_of_their_own():
    assert [event for event, _ in events(("a", 0, 0, "N"), ("b", 300, 0, "N")).values()] == ["a", "b"]


def test_the_nearest_fire_is_taken():
    found = events(("a", 0, 0, "N"), ("b", 350, 0, "N"), ("c", 200, 1, "N20"))
    assert found["c"] == ("b", "seen_by_another_satellite")


def test_fires_do_not_grow_by_chains():
    found = events(("a", 0, 0, "N"), ("b", 300, 1, "N20"), ("c", 600, 2, "N21"))
    assert found["b"][0] == "a"
    assert found["c"] == ("c", "first_detection"), "600 m from the detection that stands for the fire"


def test_the_archive_stands_for_what_near_real_time_gave_too():
    rows = (("nrt", 0, 0, "N", False, True), ("archive", 90, 1 / 60, "N"))
    assert events(*rows) == {
        "nrt": ("archive", "archive_supersedes_nrt"),
        "archive": ("archive", "first_detection"),
    }


def test_the_archive_twin_may_tell_of_another_satellites_fire():
    found = fire_events(
        detections(("first", 0, 0, "N20"), ("nrt", 80, 1, "N", False, True), ("archive", 100, 1, "N")), SameFire()
    )
    nrt = next(row for row in found if row["fire_id"] == "nrt")
    assert (nrt["event_id"], nrt["duplicate_of"], nrt["rule"]) == ("first", "archive", "archive_supersedes_nrt")


@pytest.mark.parametrize("archive", [("archive", 190, 0, "N"), ("archive", 0, 0.1, "N"), ("archive", 0, 0, "N20")])
def test_a_twin_is_of_the_same_satellite_pass_and_pixel(archive):
    assert events(("nrt", 0, 0, "N", False, True), archive)["nrt"][1] != "archive_supersedes_nrt"


@pytest.mark.parametrize(
    ("types", "is_vegetation"),
    [((None, None), True), ((0, None), True), ((2, None), False), ((None, 2), False), ((3, 3), False), ((0, 2), True)],
)
def test_a_fire_is_of_vegetation_unless_the_types_say_otherwise(types, is_vegetation):
    rows = (("a", 0, 0, "N", False, False, types[0]), ("b", 300, 1, "N20", False, False, types[1]))
    found = fire_events(detections(*rows), SameFire())
    assert [row["is_vegetation"] for row in found] == [is_vegetation] * 2


def test_the_archives_type_is_that_of_its_near_real_time_twin():
    rows = (("nrt", 0, 0, "N", False, True), ("archive", 90, 1 / 60, "N", False, False, 2))
    assert not any(row["is_vegetation"] for row in fire_events(detections(*rows), SameFire()))


def test_none_and_one():
    assert fire_events(replace(detections(("a", 0, 0, "N"))), SameFire())[0]["event_id"] == "a"
    none = Detections((), *(np.empty(0),) * 2, np.empty(0, np.int64), (), *(np.empty(0, bool),) * 2, ())
    assert fire_events(none, SameFire()) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.integers(0, 2**32 - 1))
def test_shuffling_changes_nothing_and_the_rules_hold(seed, count, shuffle):
    rng = np.random.default_rng(seed)
    names = np.array(["Suomi NPP", "NOAA-20", "NOAA-21", "Aqua"])[rng.integers(0, 4, count)]
    made = Detections(
        [f"f{n}" for n in range(count)],
        -77 + rng.integers(0, 8, count) * 0.0021,
        -7 + rng.integers(0, 8, count) * 0.0021,
        rng.integers(0, 40, count) * HOUR,
        names.tolist(),
        names == "Aqua",
        rng.random(count) < 0.3,
        [None, 0, 2][seed % 3 :] * count,
    )
    order = np.random.default_rng(shuffle).permutation(count)
    mixed = Detections(
        [made.fire_id[at] for at in order],
        *(getattr(made, name)[order] for name in ("longitude", "latitude", "seconds")),
        [made.satellite[at] for at in order],
        *(getattr(made, name)[order] for name in ("modis", "near_real_time")),
        [made.fire_type[at] for at in order],
    )
    rule = SameFire()
    found = fire_events(made, rule)
    assert found == fire_events(mixed, rule)
    assert [row["fire_id"] for row in found] == sorted(made.fire_id), "nothing is deleted"
    at = {name: place for place, name in enumerate(made.fire_id)}
    by_id = {row["fire_id"]: row for row in found}
    for row in found:
        assert by_id[row["event_id"]]["is_primary"]
        assert row["is_primary"] == (row["duplicate_of"] is None)
        if row["duplicate_of"]:
            one, other = at[row["fire_id"]], at[row["duplicate_of"]]
            _, _, metres = Geod(ellps="WGS84").inv(
                made.longitude[one], made.latitude[one], made.longitude[other], made.latitude[other]
            )
            limit = 1000 if made.modis[one] or made.modis[other] else 375
            assert metres <= limit
            assert abs(made.seconds[one] - made.seconds[other]) <= 12 * HOUR
