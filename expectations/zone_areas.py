"""Checks across tables: the pixels of each zone add up to its geodesic area, and enough of them were observed."""

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
OBSERVED_RULE = "zone_is_observed"
OBSERVED_REMEDY = (
    "loss cannot be seen where nothing was observed: take a product or version that covers the zone, or draw the "
    "zone without it"
)
REMEDIES = {ZONE_AREA_RULE: ZONE_AREA_REMEDY, OBSERVED_RULE: OBSERVED_REMEDY}
"""Remedies of the rules that no suite holds."""
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


def check_observed(zones: pa.Table, land_cover: pa.Table, *, max_unobserved: Decimal) -> pa.Table:
    """Compare the part of each accounting zone that the product did not observe with what is allowed.

    Where nothing is observed no loss is found, and loss that is not found would be credited.

    Args:
        zones: Landed `zones`; project areas and leakage belts are looked at.
        land_cover: Landed `land_cover_area`, areas in square micrometres.
        max_unobserved: Largest allowed part of a zone, as a fraction.

    Returns:
        One row of `check_results` for dataset `land_cover_area`, severity critical.
    """
    accounted = [row["zone_id"] for row in zones.to_pylist() if row["kind"] in {"project_area", "leakage_belt"}]
    whole_um2, unobserved_um2 = dict.fromkeys(accounted, 0), dict.fromkeys(accounted, 0)
    for row in land_cover.select(["zone_id", "cover_class", "area_um2"]).to_pylist():
        if row["zone_id"] in whole_um2:
            whole_um2[row["zone_id"]] += int(row["area_um2"])
            unobserved_um2[row["zone_id"]] += int(row["area_um2"]) if row["cover_class"] == "nodata" else 0
    shares = {zone: Decimal(unobserved_um2[zone]) / whole for zone, whole in whole_um2.items() if whole}
    found = [
        f"{zone}: {share * 100:.2f} % not observed" for zone, share in sorted(shares.items()) if share > max_unobserved
    ]
    record: dict[str, Any] = {
        "dataset": "land_cover_area",
        "rule": OBSERVED_RULE,
        "severity": "critical",
        "description": f"At most {max_unobserved * 100:f} % of project area and leakage belt were not observed.",
        "outcome": "failed" if found else "passed",
        "rows_evaluated": len(shares),
        "rows_failed": len(found),
        "observed": "; ".join(found) or None,
        "waived_by": None,
        "waiver_reason": None,
    }
    return DATASETS["check_results"].table([record])
