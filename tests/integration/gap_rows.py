"""Landed tables of a project with gaps: a year that the product does not reach, a zone nobody measured, a month without alerts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from mrv.schemas import DATASETS
from tests.integration.class_rows import class_rows
from tests.integration.warehouse_inputs import Rows, baseline, cover, pool, project_rows, zone


def gap_rows() -> Rows:
    """A period from July 2022 to June 2025 on a product that ends with 2024; no baseline for 2023; plots."""
    rows = project_rows(
        date(2022, 7, 1),
        date(2025, 6, 30),
        rule_set="vm0015_v1_1",
        method="stock_change",
        overrides={
            "emission_timing": "year_of_loss",
            "ad_uncertainty_u90": Decimal("0.15"),
            "buffer_rate": Decimal("0.2"),
        },
    )
    rows["zones"] = [
        zone("pa", "project_area", "1000"),
        zone("lb", "leakage_belt", "500"),
        zone("c1", "concession", "400"),
        zone("c2", "concession", "599"),
        zone("far", "reference_region", "9000"),
    ]
    rows["land_cover_area"] = [
        cover("pa", "s1", "900"),
        cover("pa", "s1", "0.123456", loss_year=2022),
        cover("pa", "s1", "10", loss_year=2024),
        cover("pa", "s1", "80", cover_class="non_forest"),
        cover("pa", "s1", "3", cover_class="non_forest", loss_year=2023),
        cover("pa", "s1", "6.876544", cover_class="nodata"),
        cover("lb", "s1", "400"),
        cover("lb", "s1", "100", cover_class="non_forest"),
        cover("c1", "s1", "400"),
        cover("c2", "s1", "599"),
    ]
    rows["baseline_activity"] = [
        row
        for year in (2022, 2024, 2025)
        for row in (baseline("pa", "s1", year, "50"), baseline("lb", "s1", year, "1"))
    ]
    rows["carbon_pools"] = [
        pool("s1", "above_ground"),
        pool("s1", "litter", ratio="common.litter_ratio"),
        pool("s1", "total", stock="0", state="post_deforestation"),
    ]
    rows["stratum_biomass"] = [
        {
            "stratum_id": "s1",
            "plot_count": 8,
            "agb_mg_ha": Decimal(200),
            "sd_mg_ha": None,
            "se_mg_ha": None,
            "ci90_half_width_mg_ha": Decimal(50),
            "ci95_half_width_mg_ha": None,
            "precision90_percent": Decimal(25),
        }
    ]
    rows["fires"] = [
        fire("f1", date(2022, 7, 1), "high"),
        fire("f2", date(2022, 7, 31), "low"),
        fire("f3", date(2022, 6, 30), "high"),
        fire("f4", date(2022, 9, 5), "high") | {"fire_type": 2},
        fire("f5", date(2022, 10, 31), "low"),
        fire("f6", date(2022, 11, 1), "high"),
    ]
    rows["fire_zones"] = [{"fire_id": f"f{number}", "zone_id": "pa"} for number in range(1, 7)]
    # The second fire is that of the first under another satellite.
    rows["fire_events"] = [
        event("f1", "f1", "first_detection"),
        event("f2", "f1", "seen_by_another_satellite"),
        event("f3", "f3", "first_detection"),
        event("f4", "f4", "first_detection") | {"is_vegetation": False},
        # A fire of the night before November.
        event("f5", "f5", "first_detection"),
        event("f6", "f5", "seen_by_another_satellite"),
    ]
    # Nothing is known of August 2022 and of most of September; July is known twice.
    spans = [
        (date(2022, 7, 1), date(2022, 7, 31)),
        (date(2022, 9, 5), date(2022, 9, 9)),
        (date(2022, 10, 1), date(2025, 6, 30)),
    ]
    rows["fire_coverage"] = [watched("SNPP", day) for span in spans for day in days_of(*span)]
    rows["fire_coverage"] += [watched("NOAA20", day) for day in days_of(*spans[0])]
    rows["alert_retrievals"] = [retrieval(date(2025, 2, 10)), retrieval(date(2025, 12, 29)) | {"product": "young"}]
    said = {"product_version": "latest"}
    rows["alert_coverage"] = [
        # The layers of two years, of which the first lacks its last days.
        {"product": "alerts", **said, "first_day": date(2015, 1, 1), "last_day": date(2022, 12, 10)},
        {"product": "alerts", **said, "first_day": date(2023, 2, 1), "last_day": date(2025, 2, 10)},
        {"product": "young", **said, "first_day": date(2023, 1, 5), "last_day": date(2025, 12, 29)},
    ]
    rows["alert_area"] = [
        alert(date(2022, 6, 30), "high", 7),
        alert(date(2022, 7, 1), "high", 2),
        alert(date(2022, 7, 31), "high", 3),
        alert(date(2022, 7, 31), "low", 5),
        alert(date(2025, 2, 9), "low", 1),
    ]
    rows["vegetation_change"] = [
        change("pa", "y2021", "y2022", clear=3),
        change("lb", "y2021", "y2022", clear=0),
        change("pa", "y2022", "y2023", clear=0, after_first_day=None, after_last_day=None),
    ]
    rows["scenes"] = [scene("s1", None), scene("s2", "copy of s1")]
    rows |= class_rows()
    rows["batches"] = [{"dataset": "fires", "rows_read": 4, "rows_accepted": 3, "rows_quarantined": 1}]
    rows["check_results"] = [
        {
            "dataset": "fires",
            "rule": "fire_in_window",
            "severity": "error",
            "description": "The fire lies in the requested window.",
            "outcome": "failed",
            "rows_evaluated": 4,
            "rows_failed": 1,
            "observed": None,
            "waived_by": None,
            "waiver_reason": None,
        }
    ]
    rows["artifacts"] = [
        {
            "sha256": "a" * 64,
            "dataset": "fires",
            "source": "firms",
            "product": "VIIRS_SNPP_SP",
            "version": None,
            "address": "firms/1",
            "bytes": 12,
            "media_type": "text/csv",
            "last_modified": None,
            "licence": "open",
            "citation": "NASA FIRMS",
            "simulated": False,
        }
    ]
    return rows


def change(zone_id: str, before: str, after: str, *, clear: int, **other: Any) -> dict[str, Any]:
    """Change of NDVI from 0.8 to 0.65 in `clear` of four pixels of 400 square metres."""
    means = {"mean_before": Decimal("0.8"), "mean_after": Decimal("0.65"), "mean_change": Decimal("-0.15")}
    days = {f"{which}_{end}_day": date(2022, 7, 1) for which in ("before", "after") for end in ("first", "last")}
    pixel = Decimal(400 * 10**12)
    return {
        "zone_id": zone_id, "vegetation_index": "ndvi", "source": "scenes", "before_id": before, "after_id": after, **days,
        **(means if clear else dict.fromkeys(means)), "clear_pixel_count": clear, "clear_area_um2": clear * pixel,
        "zone_pixel_count": 4, "zone_area_um2": 4 * pixel, **other,
    }  # fmt: skip


def scene(scene_id: str, reason: str | None) -> dict[str, Any]:
    row = dict.fromkeys(DATASETS["scenes"].schema.names)
    return row | {
        "composite_id": "y2022", "scene_id": scene_id, "collection": "sentinel-2-l2a", "source": "scenes",
        "acquired_at_utc": datetime(2022, 7, 1, 15, 30, tzinfo=UTC), "acquired_on_utc": date(2022, 7, 1),
        "used": reason is None, "reason_not_used": reason, "item_sha256": "a" * 64, "_artifact": "a" * 64, "_row": 1,
    }  # fmt: skip


def fire(fire_id: str, day: date, confidence: str) -> dict[str, Any]:
    row = dict.fromkeys(DATASETS["fires"].schema.names)
    return row | {
        "fire_id": fire_id,
        "acquired_at_utc": datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC),
        "acquired_on_utc": day,
        "latitude": -7.0,
        "longitude": -77.0,
        "satellite": "N",
        "instrument": "VIIRS",
        "confidence": confidence,
        "near_real_time": False,
        "_artifact": "a" * 64,
        "_row": 1,
    }


def days_of(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def watched(collection: str, day: date) -> dict[str, Any]:
    return {"source": "fires", "collection": collection, "observed_on": day, "basis": "asked"}


def event(fire_id: str, event_id: str, rule: str) -> dict[str, Any]:
    primary = fire_id == event_id
    return {
        "fire_id": fire_id,
        "event_id": event_id,
        "is_primary": primary,
        "duplicate_of": None if primary else event_id,
        "rule": rule,
        "is_vegetation": True,
    }


def retrieval(day: date) -> dict[str, Any]:
    return {
        "product": "alerts",
        "product_version": "latest",
        "layer": "date_conf",
        "series": "alerts/latest/date_conf/00N_080W/2022-07-01..2025-06-30",
        "address": f"alerts/latest/date_conf/00N_080W/2022-07-01..2025-06-30/retrieved-{day}",
        "retrieved_on": day,
        "sha256": "b" * 64,
        "in_use": True,
        "frozen": False,
        "freeze_after_days": 180,
        "day_convention": "days since 2014-12-31",
        "confidences": "low,high",
    }


def alert(day: date, confidence: str, pixels: int) -> dict[str, Any]:
    return {
        "zone_id": "pa",
        "product": "alerts",
        "product_version": "latest",
        "retrieved_on": date(2025, 2, 10),
        "alert_date": day,
        "confidence": confidence,
        "pixel_count": pixels,
        "area_um2": Decimal(pixels) * 10**14,
        "pixel_rule": "centre",
    }
