"""Sound rows of patrols, and what spoils them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from math import inf, nan
from typing import Any

_SENT = {"submission_id": "s{n}", "validation_status": "validation_status_approved"}

PARAMETERS: dict[str, Any] = {"ended_before_start": ["backwards|2"], "answered_before": ["backwards|2"]}

SOUND: dict[str, dict[str, Any]] = {
    "patrol_records": {
        "patrol_id": "P{n}",
        "source_system": "smart",
        "started_at": datetime(2023, 5, 9, 12, 0, tzinfo=UTC),
        "ended_at": datetime(2023, 5, 10, 20, 0, tzinfo=UTC),
        "member_count": 4,
        **_SENT,
    },
    "patrol_tracks": {
        "patrol_id": "P{n}",
        "source_system": "smart",
        "recorded_at": datetime(2023, 5, 9, 13, 0, tzinfo=UTC),
        "longitude": -77.0,
        "latitude": -7.0,
        "is_junk": False,
    },
    "patrol_events": {
        "event_id": "E{n}",
        "source_system": "smart",
        "patrol_id": "P1",
        "observed_at": datetime(2023, 5, 9, 13, 0, tzinfo=UTC),
        "event_kind": "threat",
        "threat_type": "logging",
        "source_category": "Tala",
        "affected_area_ha": 0.5,
        "longitude": -77.0,
        "latitude": -7.0,
        "responded_on": date(2023, 5, 12),
        **_SENT,
    },
    "patrol_effort": {
        "patrol_id": "P{n}",
        "patrol_days": 2,
        "hours": Decimal("11.5"),
        "distance_km": Decimal("23.4"),
        "point_count": 400,
        "outside_count": 0,
        "junk_count": 1,
        "duplicate_count": 2,
        "outlier_count": 1,
        "gap_count": 1,
        "cell_count": 12,
        "method": "geodesic distance along the track",
    },
    "patrol_days": {
        "patrol_id": "P{n}",
        "patrol_day": date(2023, 5, 9),
        "distance_km": Decimal("11.7"),
        "point_count": 200,
    },
    "patrol_coverage": {
        "zone_id": "z{n}",
        "month": date(2023, 5, 1),
        "cell_m": 1000,
        "cell_count": 100,
        "visited_cell_count": 12,
        "distance_km": Decimal("23.4"),
    },
    "patrol_event_days": {
        "event_id": "E{n}",
        "observed_on": date(2023, 5, 9),
        "response_days": 3,
        "resolution_days": 10,
    },
}

SPOILT: list[tuple[str, str, dict[str, Any]]] = [
    ("patrol_records", "patrol_unique", {"patrol_id": "P1"}),
    ("patrol_records", "submission_approved", {"validation_status": "rejected"}),
    ("patrol_records", "members_plausible", {"member_count": 0}),
    ("patrol_records", "end_after_start", {"_artifact": "backwards"}),
    ("patrol_records", "required_present", {"source_system": None}),
    ("patrol_tracks", "longitude_on_earth", {"longitude": 277.0}),
    ("patrol_tracks", "latitude_on_earth", {"latitude": -97.0}),
    ("patrol_tracks", "longitude_near_zones", {"longitude": -70.0}),
    ("patrol_tracks", "latitude_near_zones", {"latitude": -12.0}),
    ("patrol_tracks", "numbers_finite", {"longitude": nan}),
    ("patrol_tracks", "required_present", {"recorded_at": None}),
    ("patrol_events", "event_unique", {"event_id": "E1"}),
    ("patrol_events", "submission_approved", {"validation_status": "validation_status_on_hold"}),
    ("patrol_events", "event_kind_known", {"event_kind": "amenaza"}),
    ("patrol_events", "event_kind_told", {"event_kind": "other", "threat_type": None}),
    ("patrol_events", "threat_type_known", {"threat_type": "tala"}),
    ("patrol_events", "event_time_given", {"observed_at": None}),
    ("patrol_events", "affected_area_plausible", {"affected_area_ha": -1.0}),
    ("patrol_events", "answer_after_event", {"_artifact": "backwards"}),
    ("patrol_events", "longitude_on_earth", {"longitude": 277.0}),
    ("patrol_events", "latitude_on_earth", {"latitude": -97.0}),
    ("patrol_events", "longitude_near_zones", {"longitude": -70.0}),
    ("patrol_events", "latitude_near_zones", {"latitude": -12.0}),
    ("patrol_events", "numbers_finite", {"affected_area_ha": inf}),
    ("patrol_events", "required_present", {"source_category": None}),
    ("patrol_effort", "patrol_unique", {"patrol_id": "P1"}),
    ("patrol_effort", "distance_not_negative", {"distance_km": Decimal(-1)}),
    ("patrol_effort", "distance_plausible", {"distance_km": Decimal(5000)}),
    ("patrol_effort", "hours_not_negative", {"hours": Decimal(-1)}),
    ("patrol_effort", "points_not_negative", {"point_count": -1}),
    ("patrol_effort", "required_present", {"method": None}),
    ("patrol_days", "day_unique", {"patrol_id": "P1"}),
    ("patrol_days", "distance_not_negative", {"distance_km": Decimal(-1)}),
    ("patrol_days", "points_present", {"point_count": 0}),
    ("patrol_days", "required_present", {"distance_km": None}),
    ("patrol_coverage", "zone_month_unique", {"zone_id": "z1"}),
    ("patrol_coverage", "zone_known", {"zone_id": "z9"}),
    ("patrol_coverage", "cells_not_negative", {"cell_count": -1, "visited_cell_count": -2}),
    ("patrol_coverage", "distance_not_negative", {"distance_km": Decimal(-1)}),
    ("patrol_coverage", "visited_within_cells", {"visited_cell_count": 101}),
    ("patrol_coverage", "required_present", {"cell_m": None}),
    ("patrol_event_days", "event_unique", {"event_id": "E1"}),
    ("patrol_event_days", "response_not_negative", {"response_days": -1}),
    ("patrol_event_days", "resolution_not_negative", {"resolution_days": -1}),
    ("patrol_event_days", "required_present", {"event_id": None}),
]
