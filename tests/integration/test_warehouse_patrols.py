"""The dbt build with patrols: effort, coverage and threats, and what is not told where nothing was measured."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from mrv.schemas import DATASETS
from mrv.warehouse.build import Build
from tests.integration.warehouse_inputs import build, e1_rows, records, write_landed

pytestmark = pytest.mark.integration
ORIGIN = {"_artifact": "a" * 64, "_row": 1}


def _batch(dataset: str, rows: int) -> dict[str, Any]:
    return {"dataset": dataset, "rows_read": rows, "rows_accepted": rows, "rows_quarantined": 0}


def _effort(patrol_id: str, day: date, km: str | None, **changes: Any) -> dict[str, Any]:
    counts = dict.fromkeys((f"{name}_count" for name in ("outside", "junk", "duplicate", "outlier", "gap")), 0)
    return {
        "patrol_id": patrol_id,
        "started_on": day,
        "ended_on": day,
        "declared_days": 1,
        "first_at": None,
        "last_at": None,
        "patrol_days": None if km is None else 1,
        "hours": None if km is None else Decimal(5),
        "distance_km": None if km is None else Decimal(km),
        "point_count": 0 if km is None else 100,
        **counts,
        "cell_count": None if km is None else 7,
        "same_as": None,
        "method": "geodesic distance along the track",
        "reason": "the patrol has no track" if km is None else None,
        **changes,
    }


def _event(event_id: str, kind: str, threat: str | None, patrol_id: str | None) -> dict[str, Any]:
    return {
        **dict.fromkeys(DATASETS["patrol_events"].schema.names),
        "event_id": event_id,
        "source_system": "smart",
        "patrol_id": patrol_id,
        "observed_at": None,
        "event_kind": kind,
        "threat_type": threat,
        "source_category": threat or kind,
        **ORIGIN,
    }


def _day(event_id: str, day: date | None, response: int | None) -> dict[str, Any]:
    reason = None if response is not None else "no response is recorded"
    return {
        "event_id": event_id,
        "observed_on": day,
        "response_days": response,
        "resolution_days": None,
        "reason": reason,
    }


def patrol_rows() -> dict[str, list[dict[str, Any]]]:
    """Two patrols with a track in one month, one without in the next; five threats, of which one has no place."""
    first, second = date(2022, 3, 5), date(2022, 4, 2)
    whole = {"cell_m": 1000, "cell_count": 8, "visited_cell_count": 3, "distance_km": Decimal("20")}
    return {
        "patrol_records": [
            {
                **dict.fromkeys(DATASETS["patrol_records"].schema.names),
                "patrol_id": name,
                "source_system": "smart",
                "member_count": 4,
                **ORIGIN,
            }
            for name in ("P1", "P3")
        ],
        "patrol_effort": [_effort("P1", first, "30"), _effort("P2", first, "10"), _effort("P3", second, None)],
        "patrol_days": [
            {"patrol_id": name, "patrol_day": first, "distance_km": Decimal(km), "point_count": 100}
            for name, km in (("P1", "30"), ("P2", "10"))
        ],
        "patrol_coverage": [
            {"zone_id": "pa", "month": None, **whole},
            {"zone_id": "pa", "month": date(2022, 3, 1), **whole},
            {"zone_id": "pa", "month": date(2022, 4, 1), **whole, "visited_cell_count": 0, "distance_km": Decimal(0)},
        ],
        "patrol_events": [
            _event("E1", "threat", "logging", "P1"),
            _event("E2", "threat", "logging", "P2"),
            _event("E3", "threat", "fire", "P3"),
            _event("E4", "threat", "logging", None),
            _event("E5", "threat", "hunting", "P1"),
            _event("E6", "wildlife", None, "P1"),
        ],
        "patrol_event_days": [
            _day("E1", first, 3),
            _day("E2", first, 6),
            _day("E3", second, None),
            _day("E4", second, 10),
            _day("E6", first, None),
        ],
        "record_zones": [
            {"dataset": "patrol_events", "record_id": name, "zone_id": "pa"} for name in ("E1", "E2", "E3", "E4")
        ],
        "record_cells": [
            {
                "dataset": "patrol_events",
                "record_id": "E1",
                "rule": "cell_1000_m",
                "cell_m": 1000,
                "cell_id": "300/900",
                "longitude": -77.0,
                "latitude": -7.0,
                "reason": None,
            }
        ],
        "batches": [_batch("patrol_records", 2), _batch("patrol_tracks", 200), _batch("patrol_events", 6)],
    }


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("patrols")
    rows = e1_rows()
    more = patrol_rows()
    rows["batches"] = [*rows.get("batches", []), *more.pop("batches")]
    return build(write_landed(rows | more, folder / "landed"), folder=folder / "build")


def _rows(marts: Build, mart: str) -> list[dict[str, Any]]:
    return records(marts.database, f"select * from marts.{mart}")


def _by(rows: list[dict[str, Any]], *keys: str) -> dict[Any, dict[str, Any]]:
    return {tuple(row[key] for key in keys) if len(keys) > 1 else row[keys[0]]: row for row in rows}


def test_a_patrol_without_a_track_is_kept_and_says_why(marts: Build) -> None:
    patrols = _by(_rows(marts, "patrols"), "patrol_id")
    assert sorted(patrols) == ["P1", "P2", "P3"]
    assert (patrols["P3"]["distance_km"], patrols["P3"]["reason"]) == (None, "the patrol has no track")
    assert patrols["P3"]["declared_days"] == 1
    assert (patrols["P1"]["threat_count"], patrols["P1"]["wildlife_count"], patrols["P1"]["event_count"]) == (1, 1, 2)
    # A track without a record is a patrol of which no more is known.
    assert (patrols["P2"]["source_system"], patrols["P2"]["distance_km"]) == (None, Decimal(10))


def test_threats_per_100_km_count_threats_that_a_measured_track_met(marts: Build) -> None:
    rates = _by(_rows(marts, "threat_rates"), "zone_id", "threat_type")
    everywhere, logging = rates["*", "*"], rates["*", "logging"]
    assert (everywhere["threat_count"], everywhere["threat_on_track_count"]) == (4, 2)
    assert (everywhere["distance_km"], everywhere["threats_per_100_km"]) == (Decimal(40), Decimal(5))
    assert (logging["threat_count"], logging["threats_per_100_km"]) == (3, Decimal(5))
    assert (logging["median_response_days"], everywhere["open_count"]) == (Decimal(6), 1)
    inside = rates["pa", "logging"]
    assert (inside["threat_count"], inside["threats_per_100_km"]) == (3, Decimal(10))
    assert (rates["pa", "fire"]["threat_count"], rates["pa", "fire"]["response_reason"]) == (
        1,
        "no response is recorded",
    )
    # Nobody walked in the belt: that no threat came from there is no zero.
    assert (rates["lb", "fire"]["threat_count"], rates["lb", "fire"]["open_count"]) == (None, None)
    assert rates["lb", "fire"]["response_reason"] == "nobody is known to have looked here"
    # The hunting of no known day is of no period.
    assert ("*", "hunting") not in rates
    # Nothing was measured of the belt: no distance, so no rate.
    assert rates["lb", "*"]["threats_per_100_km"] is None
    assert rates["lb", "*"]["reason"] == "no track of the period could be measured"


def test_threats_have_a_cell_and_zones_but_no_place(marts: Build) -> None:
    threats = _by(_rows(marts, "threats"), "event_id")
    assert sorted(threats) == ["E1", "E2", "E3", "E4"]
    assert (threats["E1"]["zone_ids"], threats["E1"]["cell_id"], threats["E1"]["response_days"]) == ("pa", "300/900", 3)
    assert (threats["E3"]["response_days"], threats["E3"]["reason"]) == (None, "no response is recorded")
    assert not {"longitude", "latitude", "reported_by", "description", "action_taken"} & set(threats["E1"])


def test_coverage_tells_where_patrols_have_no_track(marts: Build) -> None:
    coverage = _by(_rows(marts, "patrol_coverage"), "zone_id", "period_type", "period_start")
    march, april = (coverage["pa", "month", date(2022, month, 1)] for month in (3, 4))
    assert (march["coverage_percent"], march["distance_km"], march["threat_count"]) == (Decimal("37.5"), Decimal(20), 2)
    assert march["reason"] is None
    assert (april["coverage_percent"], april["untracked_patrol_count"]) == (Decimal(0), 1)
    assert april["reason"] == "1 patrol(s) have no track that could be measured"
    assert (coverage["lb", "month", date(2022, 3, 1)]["threat_count"], march["threat_reason"]) == (None, None)
    assert {row["period_type"] for row in coverage.values()} == {"month", "period"}


def test_months_without_patrols_are_told_apart_from_those_with_none_measured(marts: Build) -> None:
    months = _by(_rows(marts, "patrols_monthly"), "month")
    march, april, may = (months[date(2022, month, 1)] for month in (3, 4, 5))
    assert (march["tracked_patrol_count"], march["patrol_days"], march["distance_km"]) == (2, 2, Decimal(40))
    assert (march["threats_per_100_km"], march["median_response_days"]) == (Decimal(5), Decimal("4.5"))
    assert (april["threats_per_100_km"], april["untracked_patrol_count"], april["threat_count"]) == (None, 1, 2)
    assert (may["distance_km"], may["reason"]) == (Decimal(0), "no patrol with a track went out")
    assert (may["threat_count"], may["threat_reason"]) == (None, "nobody is known to have gone out")
