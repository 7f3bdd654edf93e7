"""Sound rows of what is told instead of private values, and what spoils them."""

from __future__ import annotations

from math import nan
from typing import Any

SOUND: dict[str, dict[str, Any]] = {
    "record_zones": {"dataset": "patrol_events", "record_id": "e{n}", "zone_id": "z1"},
    "record_cells": {
        "dataset": "camera_deployments",
        "record_id": "d{n}",
        "rule": "sensitive_cell_10000_m",
        "cell_m": 10_000,
        "cell_id": "10000:24:924",
        "longitude": -77.2,
        "latitude": -7.2,
    },
    "privacy_log": {
        "dataset": "patrol_records",
        "column_name": "column_{n}",
        "privacy": "personal",
        "rule": "withheld",
        "value_count": 0,
    },
}

SPOILT: list[tuple[str, str, dict[str, Any]]] = [
    ("record_zones", "required_present", {"zone_id": None}),
    ("record_zones", "record_zone_unique", {"record_id": "e1"}),
    ("record_zones", "dataset_known", {"dataset": "patrol_tracks"}),
    ("record_zones", "zone_public", {"zone_id": "sacred"}),
    ("record_cells", "required_present", {"rule": None}),
    ("record_cells", "numbers_finite", {"longitude": nan}),
    ("record_cells", "record_unique", {"record_id": "d1"}),
    ("record_cells", "dataset_known", {"dataset": "grievance_records"}),
    ("record_cells", "rule_known", {"rule": "exact"}),
    ("record_cells", "rule_known", {"rule": "cell_0_m"}),
    ("record_cells", "cell_size", {"cell_m": 10}),
    ("record_cells", "longitude_range", {"longitude": 181.0}),
    ("record_cells", "latitude_range", {"latitude": -91.0}),
    ("privacy_log", "required_present", {"value_count": None}),
    ("privacy_log", "column_unique", {"column_name": "column_1"}),
    ("privacy_log", "class_known", {"privacy": "public"}),
    ("privacy_log", "rule_known", {"rule": "told"}),
    ("privacy_log", "count_not_negative", {"value_count": -1}),
]
