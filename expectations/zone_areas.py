"""The check across two tables: the pixels of each zone must add up to its geodesic area."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa

from mrv.schemas import DATASETS
from mrv.units import um2_to_ha

ZONE_AREA_RULE = "zone_area_matches_geodesic"
ZONE_AREA_REMEDY = (
    "check that the rasters cover the zone, that strata do not overlap or leave gaps, and that grid and boundary have the "
    "same coordinate reference system"
)
_DESCRIPTION = "The pixel areas of each zone add up to its geodesic area within the tolerance."


def check_zone_areas(zones: pa.Table, land_cover: pa.Table, *, tolerance: Decimal = Decimal("0.005")) -> pa.Table:
    """Compare the summed pixel area of each zone with the geodesic area of its polygon.

    Args:
        zones: Landed `zones`, areas in ha.
        land_cover: Landed `land_cover_area`, areas in square micrometres.
        tolerance: Largest allowed difference as a fraction of the geodesic area (0.5 %, the zone check of the methodology).

    Returns:
        One row of `check_results` for dataset `land_cover_area`, severity critical. A zone without any pixel fails; so does
        a zone id of the pixels that no polygon has.
    """
    measured_um2: dict[str, int] = {}
    for zone_id, area in zip(land_cover["zone_id"].to_pylist(), land_cover["area_um2"].to_pylist(), strict=True):
        measured_um2[zone_id] = measured_um2.get(zone_id, 0) + int(area)
    geodesic_ha: dict[str, Decimal] = dict(zip(zones["zone_id"].to_pylist(), zones["area_ha"].to_pylist(), strict=True))
    found = []
    for zone_id in sorted(geodesic_ha.keys() | measured_um2.keys()):
        problem = _problem(geodesic_ha.get(zone_id), measured_um2.get(zone_id), tolerance)
        if problem:
            found.append(f"{zone_id}: {problem}")
    record: dict[str, Any] = {
        "dataset": "land_cover_area",
        "rule": ZONE_AREA_RULE,
        "severity": "critical",
        "description": _DESCRIPTION,
        "outcome": "failed" if found or not geodesic_ha else "passed",
        "rows_evaluated": len(geodesic_ha),
        "rows_failed": len(found),
        "observed": "; ".join(found) if geodesic_ha else "no zone",
        "waived_by": None,
        "waiver_reason": None,
    }
    record["observed"] = record["observed"] or None
    return DATASETS["check_results"].table([record])


def _problem(geodesic_ha: Decimal | None, area_um2: int | None, tolerance: Decimal) -> str | None:
    if geodesic_ha is None:
        return "pixels of a zone without a polygon"
    if area_um2 is None:
        return f"no pixel, geodesic {geodesic_ha} ha"
    area_ha = um2_to_ha(area_um2)
    if abs(area_ha - geodesic_ha) <= tolerance * geodesic_ha:
        return None
    return f"pixels {area_ha:.6f} ha, geodesic {geodesic_ha} ha"
