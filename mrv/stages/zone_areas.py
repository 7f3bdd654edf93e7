"""The independent check of the pixel count: each zone's pixels against its polygon's geodesic area."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pyarrow as pa

from mrv.errors import CheckError
from mrv.schemas import DATASETS
from mrv.stages.context import Context
from mrv.units import um2_to_ha

TOLERANCE = Decimal("0.005")
SMALL_ZONE_PERIMETER_PIXELS = 4
"""Below the tolerance a small zone may still miss it by its border pixels alone: half a pixel for each it crosses."""


def check_zone_areas(context: Context, tables: Mapping[str, pa.Table]) -> pa.Table:
    """Compare pixel sums with geodesic areas and add one result row per zone to `check_results`.

    The tolerance is 0.5 % (methodology for zone checks), widened for zones so small that one ring of half border
    pixels is more than that.

    Raises:
        CheckError: A zone's pixels and polygon differ by more.
    """
    pixels: dict[str, list[tuple[int, int]]] = {}
    for row in tables["land_cover_area"].select(["zone_id", "area_um2", "pixel_count"]).to_pylist():
        pixels.setdefault(row["zone_id"], []).append((int(row["area_um2"]), row["pixel_count"]))
    results, failures = [], []
    for zone in tables["zones"].to_pylist():
        if zone["zone_id"] not in pixels:
            continue
        area_ha = um2_to_ha(sum(area for area, _ in pixels[zone["zone_id"]]))
        count = sum(number for _, number in pixels[zone["zone_id"]])
        difference = abs(area_ha - zone["area_ha"]) / zone["area_ha"]
        border = Decimal(SMALL_ZONE_PERIMETER_PIXELS) / Decimal(max(count, 1)).sqrt() / 2
        limit = max(TOLERANCE, border if context.definition.measurement.pixel_rule == "centre" else TOLERANCE)
        passed = difference <= limit
        observed = f"pixels {area_ha:.4f} ha, polygon {zone['area_ha']:.4f} ha, {difference * 100:.4f} %"
        if not passed:
            failures.append(f"{zone['zone_id']}: {observed}")
        results.append(_result(zone["zone_id"], observed, passed=passed, limit=limit))
    if failures:
        raise CheckError(
            "the pixels of a zone do not add up to its polygon",
            expected=f"a difference of at most {TOLERANCE * 100} %",
            found="; ".join(failures),
            where="land_cover_area",
            remedy="the rasters do not cover the zone, or the boundary file declares another CRS than it is in",
        )
    table = DATASETS["check_results"].table(results)
    return DATASETS["check_results"].sort(pa.concat_tables([tables["check_results"], table]))


def _result(zone_id: str, observed: str, *, passed: bool, limit: Decimal) -> dict[str, object]:
    return {
        "dataset": "land_cover_area",
        "rule": f"zone_area_closes:{zone_id}",
        "severity": "critical",
        "description": f"Sum of the zone's pixels within {limit * 100:.2f} % of its geodesic area",
        "outcome": "passed" if passed else "failed",
        "rows_evaluated": 1,
        "rows_failed": 0 if passed else 1,
        "observed": observed,
        "waived_by": None,
        "waiver_reason": None,
    }
