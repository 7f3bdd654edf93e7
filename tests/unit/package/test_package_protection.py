"""What the report says of patrols and threats, in both languages, and nothing where nothing was landed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mrv.package.protection import protection
from mrv.package.report import render_report
from tests.unit.package.package_samples import sample_contents


def patrol(number: int, km: str | None) -> dict[str, Any]:
    counts = dict.fromkeys((f"{name}_count" for name in ("duplicate", "junk", "outlier", "gap")), 3)
    return {
        "patrol_id": f"P{number}",
        "patrol_days": None if km is None else 2,
        "distance_km": None if km is None else Decimal(km),
        **counts,
    }


def rate(zone: str, threat: str, count: int | None, per_100: str | None) -> dict[str, Any]:
    return {
        "zone_id": zone,
        "threat_type": threat,
        "threat_count": count,
        "threats_per_100_km": None if per_100 is None else Decimal(per_100),
        "answered_count": count and 1,
        "open_count": count and count - 1,
        "median_response_days": Decimal("3.5") if count else None,
    }


def coverage(period_type: str) -> dict[str, Any]:
    return {
        "zone_id": "pa",
        "kind": "project_area",
        "zone_name": "Project",
        "period_type": period_type,
        "period_start": date(2023, 1, 1),
        "cell_count": 200,
        "visited_cell_count": 31,
        "coverage_percent": Decimal("15.5"),
        "distance_km": Decimal("41.25"),
        "threat_count": 4,
    }


def month(number: int, km: str | None, threats: int | None) -> dict[str, Any]:
    return {
        "month": date(2023, number, 1),
        "distance_km": None if km is None else Decimal(km),
        "threat_count": threats,
    }


MARTS = {
    "patrols": [patrol(1, "30"), patrol(2, "11.25"), patrol(3, None)],
    "patrols_monthly": [month(2, "11.25", 1), month(1, "30", 3)],
    "patrol_coverage": [coverage("month"), coverage("period")],
    "threat_rates": [
        rate("*", "*", 4, "9.697"),
        rate("*", "logging", 3, "7.273"),
        rate("*", "fire", 1, "2.424"),
        rate("pa", "*", 4, "9.697"),
    ],
}


def test_totals_leave_out_what_was_not_measured() -> None:
    view = protection(lambda name: MARTS.get(name, []))
    totals = view["patrol_totals"]
    assert (totals["patrol_count"], totals["tracked_count"], totals["patrol_days"]) == (3, 2, 4)
    assert totals["distance_km"] == Decimal("41.25")
    assert [row["threat_type"] for row in view["threat_types"]] == ["logging", "fire"]
    [zone] = view["patrol_zones"]
    assert zone["rate"]["threats_per_100_km"] == Decimal("9.697")
    assert view["patrol_chart"]
    assert view["threat_chart"]


def test_nothing_landed_says_nothing() -> None:
    empty = protection(lambda _: [])
    assert not any(empty.values())
    unknown = {"threat_rates": [rate("*", "*", None, None)], "patrols_monthly": [month(1, None, None)]}
    assert not any(protection(lambda name: unknown.get(name, [])).values())


def test_the_page_speaks_of_protection_in_both_languages(tmp_path: Path) -> None:
    contents = sample_contents(tmp_path)
    for name, rows in MARTS.items():
        pq.write_table(pa.Table.from_pylist(rows), contents.marts_folder / f"{name}.parquet")
    page = render_report(contents)
    for words in ("Protection: patrols and threats", "Protección: patrullajes y amenazas", "tala", "logging", "15.5"):
        assert words in page, words
