"""What the report says of patrols and threats: effort by month, coverage of zones, threats and how fast they were answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from mrv.package import wording
from mrv.package.charts import Series, bars
from mrv.package.figures import total
from mrv.package.wording import Text

Row = Mapping[str, Any]
Read = Callable[[str], Sequence[Row]]
"""Name of a mart to its rows; none where it is missing."""

THREATS = {
    "logging": ("logging", "tala"),
    "clearing": ("clearing", "roza y quema, desbosque"),
    "fire": ("fire", "incendio"),
    "hunting": ("hunting", "caza"),
    "fishing": ("fishing", "pesca"),
    "mining": ("mining", "minería"),
    "occupation": ("occupation", "ocupación"),
    "road": ("road or trail", "camino o trocha"),
    "coca": ("coca", "coca"),
    "livestock": ("livestock", "ganado"),
    "waste": ("waste", "residuos"),
    "other": ("other", "otra"),
}
"""Type of a threat to its names in English and Spanish."""
EVERYWHERE = "*"
KINDS = ("project_area", "leakage_belt", "concession", "hcv")


def protection(read: Read) -> dict[str, Any]:
    """Return what the section about protection shows; None under each key where nothing was landed of it."""
    patrols, rates = read("patrols"), read("threat_rates")
    whole = next((row for row in rates if (row["zone_id"], row["threat_type"]) == (EVERYWHERE, EVERYWHERE)), None)
    reported = whole is not None and whole["threat_count"] is not None
    return {
        "patrol_totals": _totals(patrols) if patrols else None,
        "patrol_chart": _effort_chart(read("patrols_monthly")),
        "threat_chart": _threat_chart(read("patrols_monthly")),
        "patrol_zones": _zones(read("patrol_coverage"), rates) if patrols else [],
        "threats_all": whole if reported else None,
        "threat_types": _types(rates) if reported else [],
    }


def _totals(patrols: Sequence[Row]) -> dict[str, Any]:
    tracked = [row for row in patrols if row["distance_km"] is not None]
    return {
        "patrol_count": len(patrols),
        "tracked_count": len(tracked),
        "patrol_days": sum(row["patrol_days"] for row in tracked),
        "distance_km": total([row["distance_km"] for row in tracked]),
        "left_out_points": {
            name: sum(row[f"{name}_count"] for row in patrols) for name in ("duplicate", "junk", "outlier", "gap")
        },
    }


def _effort_chart(rows: Sequence[Row]) -> Markup | None:
    months = sorted(rows, key=lambda row: row["month"])
    if all(row["distance_km"] is None for row in months):
        return None
    return bars(
        title=Text("Distance patrolled by month", "Distancia patrullada por mes"),
        unit="km",
        groups=[f"{row['month']:%m/%y}" for row in months],
        series=[Series(Text("by tracks", "según recorridos"), "fill-project", [row["distance_km"] for row in months])],
    )


def _threat_chart(rows: Sequence[Row]) -> Markup | None:
    months = sorted(rows, key=lambda row: row["month"])
    if not any(row["threat_count"] for row in months):
        return None
    return bars(
        title=Text("Threats seen by month", "Amenazas vistas por mes"),
        unit="",
        groups=[f"{row['month']:%m/%y}" for row in months],
        series=[
            Series(
                Text("threats", "amenazas"),
                "fill-belt",
                [None if row["threat_count"] is None else Decimal(row["threat_count"]) for row in months],
            )
        ],
    )


def _zones(coverage: Iterable[Row], rates: Iterable[Row]) -> list[dict[str, Any]]:
    """Return coverage of the whole period with the threats of each zone, in the order of their kinds."""
    threats = {row["zone_id"]: row for row in rates if row["threat_type"] == EVERYWHERE}
    rows = [row for row in coverage if row["period_type"] == "period" and row["kind"] in KINDS]
    rows.sort(key=lambda row: (list(wording.KINDS).index(row["kind"]), row["zone_id"]))
    return [{**row, "rate": threats.get(row["zone_id"])} for row in rows]


def _types(rates: Iterable[Row]) -> list[dict[str, Any]]:
    rows = [row for row in rates if row["zone_id"] == EVERYWHERE and row["threat_type"] != EVERYWHERE]
    rows.sort(key=lambda row: (-(row["threat_count"] or 0), row["threat_type"]))
    return [{**row, "name": Text(*THREATS.get(row["threat_type"], (row["threat_type"],) * 2))} for row in rows]
