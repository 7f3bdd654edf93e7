"""EarthRanger: objects of the API, where an event is told twice, and files that are something else."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mrv.errors import InputError
from mrv.ledger import Artifact
from mrv.project_sources import EarthRanger
from mrv.sources import earthranger
from mrv.sources.contract import Parsed, Request

Make = Callable[..., Artifact]
SPEC = EarthRanger(connector="earthranger", name="e", base_url="https://example.pamdas.org")
PATROL = {
    "id": "p1",
    "state": "done",
    "patrol_segments": [
        {
            "patrol_type": "routine",
            "leader": {"id": "rosa", "name": "Rosa"},
            "time_range": {"start_time": "2022-07-03T11:00:00Z", "end_time": "2022-07-03T19:00:00Z"},
            "events": [{"id": "e1", "event_type": "fire_rep"}, {"id": "e9", "event_type": "snare_rep"}],
        }
    ],
}
EVENT = {
    "id": "e1",
    "event_type": "fire_rep",
    "event_category": "security",
    "time": "2022-07-03T12:00:00Z",
    "location": {"longitude": -77.1, "latitude": -7.2},
    "reported_by": {"name": "Rosa"},
    "priority": 200,
    "event_details": {"Response date": "2022-07-04"},
}
FIX = {"recorded_at": "2022-07-03T11:30:00Z", "location": {"longitude": -77.1, "latitude": -7.2}, "exclusion_flags": 0}


def parse(request: Request, make: Make, **files: Any) -> dict[str, Parsed]:
    artifacts = []
    for kind, content in files.items():
        body = content if isinstance(content, bytes) else json.dumps({"data": {"results": content}}).encode()
        suffix = "parquet" if isinstance(content, bytes) else "json"
        artifacts.append(replace(make(body, address=f"earthranger/e/{kind}/f.{suffix}"), product=kind))
    return earthranger.parse(SPEC, artifacts, request)


def rules(parsed: Parsed) -> Counter[str]:
    return Counter(row["rule"] for row in parsed.rejected)


def test_an_event_of_the_list_knows_its_patrol_by_the_segment(request_: Request, artifact_of: Make) -> None:
    found = parse(request_, artifact_of, patrols=[PATROL], events=[EVENT, EVENT])
    events = {row["event_id"]: row for row in found["patrol_events"].table.to_pylist()}
    assert sorted(events) == ["e1", "e9"]
    assert (events["e1"]["patrol_id"], events["e1"]["threat_type"], events["e1"]["severity"]) == (
        "p1",
        "fire",
        "medium",
    )
    assert str(events["e1"]["responded_on"]) == "2022-07-04"
    # Told by the segment alone, without time and place: kept.
    assert (events["e9"]["threat_type"], events["e9"]["observed_at"], events["e9"]["longitude"]) == (
        "hunting",
        None,
        None,
    )
    assert rules(found["patrol_events"]) == Counter({"duplicate_record": 1})
    [patrol] = found["patrol_records"].table.to_pylist()
    assert (patrol["leader"], patrol["started_at"]) == ("Rosa", datetime(2022, 7, 3, 11, tzinfo=UTC))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"id": None}, "missing_value"),
        ({"time": "yesterday"}, "unreadable_value"),
        ({"location": {"longitude": -7.2, "latitude": -77.1}}, "swapped_coordinates"),
        ({"event_details": {"Response date": "03/04/2022"}}, "ambiguous_date"),
        ({"event_type": None, "event_category": None}, "missing_value"),
    ],
)
def test_a_bad_event_is_set_aside(change: Any, rule: str, request_: Request, artifact_of: Make) -> None:
    parsed = parse(request_, artifact_of, events=[{**EVENT, **change}])["patrol_events"]
    assert (parsed.table.num_rows, rules(parsed)) == (0, Counter({rule: 1}))


def test_collections_and_events_without_a_point_are_kept(request_: Request, artifact_of: Make) -> None:
    line = {"geometry": {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}}
    events = [{**EVENT, "location": None, "geojson": line}, {**EVENT, "id": "e2", "is_collection": True}]
    rows = parse(request_, artifact_of, events=events)["patrol_events"].table.to_pylist()
    assert [(row["event_kind"], row["longitude"]) for row in rows] == [("threat", None), ("other", -77.1)]


def test_a_point_belongs_to_the_patrol_that_its_subject_led(request_: Request, artifact_of: Make) -> None:
    fixes = [
        {**FIX, "subject_id": "rosa"},
        {**FIX, "source": "rosa", "recorded_at": "2022-07-03T20:00:00Z"},
        {**FIX, "subject_id": "juan"},
        {**FIX, "patrol_id": "p7", "exclusion_flags": 2},
        {**FIX, "patrol_id": "p7", "recorded_at": None},
    ]
    parsed = parse(request_, artifact_of, patrols=[PATROL], observations=fixes)["patrol_tracks"]
    rows = parsed.table.select(["patrol_id", "is_junk"]).to_pylist()
    assert rows == [{"patrol_id": "p1", "is_junk": False}, {"patrol_id": "p7", "is_junk": True}]
    assert (parsed.rows_read, rules(parsed)) == (5, Counter({"missing_value": 3}))


def test_each_subject_is_a_leg_of_its_own(request_: Request, artifact_of: Make) -> None:
    """Two leaders at the same time are two tracks; one who leads two segments walks on from one to the next."""
    segment = PATROL["patrol_segments"][0]  # type: ignore[index]
    second = {**segment, "leader": {"id": "juan"}}
    patrols = [{**PATROL, "patrol_segments": [segment, second, segment]}]
    lists = {"patrols/page-0001": patrols}
    for number in (1, 2, 3):
        lists[f"observations/p1/{number}/page-0001"] = [{**FIX, "recorded_at": f"2022-07-03T12:0{number}:00Z"}]
    artifacts = [
        replace(
            artifact_of(json.dumps({"data": {"results": content}}).encode(), address=f"earthranger/e/{address}"),
            product=address.split("/")[0],
        )
        for address, content in lists.items()
    ]
    rows = earthranger.parse(SPEC, artifacts, request_)["patrol_tracks"].table.to_pylist()
    assert [row["leg_id"] for row in rows] == ["rosa", "juan", "rosa"]


def test_a_file_of_points_has_the_subject_as_leg(request_: Request, artifact_of: Make) -> None:
    fixes = [{**FIX, "patrol_id": "p1", "subject_id": name} for name in ("a", "b")]
    rows = parse(request_, artifact_of, observations=fixes)["patrol_tracks"].table.to_pylist()
    assert [row["leg_id"] for row in rows] == ["a", "b"]


def test_a_cancelled_patrol_and_one_told_twice_are_set_aside(request_: Request, artifact_of: Make) -> None:
    parsed = parse(request_, artifact_of, patrols=[PATROL, PATROL, {"id": "p2", "state": "cancelled"}])[
        "patrol_records"
    ]
    assert (parsed.table.num_rows, rules(parsed)) == (1, Counter({"duplicate_record": 1, "patrol_cancelled": 1}))


def _parquet(**columns: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def test_points_in_parquet_are_judged_before_they_are_read(request_: Request, artifact_of: Make) -> None:
    import shapely

    stamps = pa.array([datetime(2022, 7, 3, 11, tzinfo=UTC), None, datetime(2022, 7, 3, 12, tzinfo=UTC)])
    shapes = [shapely.Point(-77.1, -7.2).wkb, shapely.Point(-77.1, -7.2).wkb, b"\x01broken"]
    whole = {"patrol_id": ["p1"] * 3, "fixtime": stamps, "geometry": pa.array(shapes, pa.binary())}
    parsed = parse(request_, artifact_of, observations=_parquet(**whole))["patrol_tracks"]
    assert parsed.table["longitude"].to_pylist() == [-77.1, None]
    assert rules(parsed) == Counter({"missing_value": 1})
    grouped = parse(request_, artifact_of, observations=_parquet(**whole, groupby_col=["a", "b", "c"]))
    assert grouped["patrol_tracks"].table["leg_id"].to_pylist() == ["a", "c"]
    for content in (
        _parquet(patrol_id=["p1"], fixtime=stamps[:1]),
        _parquet(**{**whole, "patrol_id": [1, 2, 3]}),
        b"PAR1 and nothing more",
    ):
        with pytest.raises(InputError, match="Parquet"):
            parse(request_, artifact_of, observations=content)


@pytest.mark.parametrize("content", [b"[1, 2]", b'"text"', b"{", b'{"data": {"results": [null]}}'])
def test_a_file_of_another_shape_is_refused(content: bytes, request_: Request, artifact_of: Make) -> None:
    artifact = replace(artifact_of(content, address="earthranger/e/events/f.json"), product="events")
    with pytest.raises(InputError):
        earthranger.parse(SPEC, [artifact], request_)


def test_blanks_around_ids_are_taken_off_and_counted(request_: Request, artifact_of: Make) -> None:
    found = parse(request_, artifact_of, patrols=[{**PATROL, "id": "p1 "}], events=[{**EVENT, "id": " e1"}])
    assert found["patrol_records"].table["patrol_id"].to_pylist() == ["p1"]
    assert "e1" in found["patrol_events"].table["event_id"].to_pylist()
    repairs = [(row["column_name"], row["rule"]) for name in found for row in found[name].repairs]
    assert sorted(repairs) == [("event_id", "trimmed_blanks"), ("patrol_id", "trimmed_blanks")]


@pytest.mark.parametrize("newest_first", [True, False])
def test_of_two_versions_of_an_event_the_later_counts(request_: Request, artifact_of: Make, newest_first: bool) -> None:
    old = EVENT | {"event_type": "snare_rep", "updated_at": "2022-07-05T00:00:00Z"}
    new = EVENT | {"updated_at": "2022-07-09T00:00:00Z"}
    parsed = parse(request_, artifact_of, patrols=[], events=[new, old] if newest_first else [old, new])[
        "patrol_events"
    ]
    assert parsed.table["source_category"].to_pylist() == ["security / fire_rep"]
    assert rules(parsed) == {"duplicate_record": 1}
