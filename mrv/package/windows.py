"""What of each table lies in the monitoring period: calendar years by their days, and changes between two years of a map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import shapely

from mrv.boundaries import Zone, geodesic_area_ha
from mrv.package.figures import total
from mrv.package.wording import Text

Row = Mapping[str, Any]

MAX_CHANGES = 8
"""Changes of class that the page lists, the largest; the rest is summed."""
WHOLE_PERCENT = Decimal("99.95")


def loss_by_days(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the years of loss that the period touches, of each accounted zone, with what of them counts for it.

    Args:
        rows: `deforestation_annual`.
    """
    tables = []
    for kind in ("project_area", "leakage_belt"):
        inside = [row for row in rows if row["kind"] == kind and row["in_period"]]
        for zone_id in sorted({row["zone_id"] for row in inside}):
            years = sorted((row for row in inside if row["zone_id"] == zone_id), key=lambda row: row["year"])
            tables.append(
                {
                    "kind": kind,
                    "zone_name": years[0]["zone_name"],
                    "years": years,
                    "first": years[0]["year"],
                    "last": years[-1]["year"],
                    "area_ha": total([row["area_ha"] for row in years]),
                    "days": sum(row["period_days"] for row in years),
                    "period_area_ha": total([row["period_area_ha"] for row in years]),
                }
            )
    return tables


def years_of(rows: Iterable[Row]) -> str:
    """Return the calendar years that the period touches, as 2022–2024.

    Args:
        rows: `deforestation_annual`.
    """
    years = sorted({row["year"] for row in rows if row["in_period"]})
    return "" if not years else f"{years[0]}–{years[-1]}" if years[0] < years[-1] else str(years[0])


def transitions(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return, for each project area, class series and pair of years, what was seen to change and what was not seen.

    Args:
        rows: `land_cover_transitions`.
    """
    names = ("zone_id", "product", "product_version", "layer", "year_from", "year_to")
    inside = [row for row in rows if row["kind"] == "project_area"]
    tables = []
    for key in sorted({tuple(row[name] for name in names) for row in inside}):
        part = [row for row in inside if tuple(row[name] for name in names) == key]
        changed = sorted(
            (row for row in part if row["is_change"]),
            key=lambda row: (-row["area_ha"], row["class_from"], row["class_to"]),
        )
        unseen = [row for row in part if row["is_change"] is None]
        tables.append(
            {
                **dict(zip(names, key, strict=True)),
                "zone_name": part[0]["zone_name"],
                "changes": [
                    {
                        "before": Text(row["class_from_name_en"], row["class_from_name_es"]),
                        "after": Text(row["class_to_name_en"], row["class_to_name_es"]),
                        "area_ha": row["area_ha"],
                    }
                    for row in changed[:MAX_CHANGES]
                ],
                "other_ha": _sum(changed[MAX_CHANGES:]),
                "changed_ha": _sum(changed),
                "unchanged_ha": _sum(row for row in part if row["is_change"] is False),
                "seen_before_ha": _sum(row for row in unseen if row["class_from"] is not None),
                "seen_after_ha": _sum(row for row in unseen if row["class_to"] is not None),
                "never_seen_ha": _sum(row for row in unseen if row["class_from"] is None and row["class_to"] is None),
            }
        )
    return tables


def _sum(rows: Iterable[Row]) -> Decimal:
    return sum((row["area_ha"] for row in rows), Decimal(0))


def percent_inside(zone: Zone, areas: Sequence[Zone]) -> Decimal | None:
    """Return how much of a zone lies in project areas, per cent of its geodesic area; None where there is none.

    Args:
        zone: The zone.
        areas: Every zone; those of kind project_area are taken.
    """
    whole = shapely.union_all([item.geometry for item in areas if item.kind == "project_area"])
    if whole.is_empty:
        return None
    shared = shapely.intersection(zone.geometry, whole)
    parts = [part for part in shapely.get_parts(shared) if part.geom_type == "Polygon"]
    percent = 100 * sum((geodesic_area_ha(part) for part in parts), Decimal(0)) / zone.area_ha
    return Decimal(100) if percent >= WHOLE_PERCENT else percent
