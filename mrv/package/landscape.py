"""What the report says of the land itself: drivers of loss, alerts, fires, shape of the forest, land cover, values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any

from markupsafe import Markup

from mrv.package import wording
from mrv.package.charts import Series, bars
from mrv.package.figures import total
from mrv.package.wording import Text

Row = Mapping[str, Any]
Read = Callable[[str], Sequence[Row]]
"""Name of a mart to its rows; none where it is missing."""

ACCOUNTED = ("project_area", "leakage_belt")
HIGHER_CONFIDENCES = ("high", "highest")
_STYLES = {"project_area": "fill-project", "leakage_belt": "fill-belt"}


def landscape(read: Read) -> dict[str, Any]:
    """Return what the page's sections about the land show; a section without rows is empty.

    Args:
        read: Reads a mart.
    """
    return {
        "drivers": _drivers(read("drivers_annual")),
        "alerts": _alerts(read("alerts_monthly"), read("alert_cluster_zones")),
        "fires": _fires(read("fires_monthly")),
        "shape": [row for row in _ordered(read("fragmentation_annual"), "year") if row["kind"] in ACCOUNTED],
        "cover": _cover(read("land_cover_annual")),
        "vegetation": [
            row for row in _ordered(read("vegetation_change"), "vegetation_index") if row["kind"] in ACCOUNTED
        ],
        "values": _values(read),
    }


def _ordered(rows: Iterable[Row], *columns: str) -> list[Row]:
    """Order rows by kind of zone, zone and some columns."""
    kinds = list(wording.KINDS)
    return sorted(rows, key=lambda row: (kinds.index(row["kind"]), row["zone_id"], *(row[name] for name in columns)))


def _grouped(rows: Iterable[Row], *columns: str) -> dict[tuple[Any, ...], list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in columns), []).append(row)
    return groups


def _drivers(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return, for each accounted zone and driver hint, what was lost in the period, and how much of it people reviewed."""
    table = []
    accounted = _ordered((row for row in rows if row["kind"] in ACCOUNTED), "year")
    for (zone_id, basis), part in _grouped(accounted, "zone_id", "basis").items():
        whole = total([row["area_ha"] for row in part])
        for (driver, en, es), same in _grouped(part, "driver", "driver_en", "driver_es").items():
            area = total([row["area_ha"] for row in same])
            table.append(
                {
                    "kind": same[0]["kind"],
                    "zone_id": zone_id,
                    "basis": basis,
                    "driver": Text(en or driver or "", es or driver or ""),
                    "patch_count": total([row["patch_count"] for row in same]),
                    "area_ha": area,
                    "share": area / whole if area is not None and whole else None,
                }
            )
    order = {kind: place for place, kind in enumerate(ACCOUNTED)}
    return sorted(
        (row for row in table if row["area_ha"]),
        key=lambda row: (order[row["kind"]], row["zone_id"], row["basis"], -row["area_ha"], row["driver"].en),
    )


def _alerts(rows: Sequence[Row], clusters: Sequence[Row]) -> list[dict[str, Any]]:
    """Return, for each alert product, its months in the project area as a chart, and its sums by zone."""
    products = []
    for (product, version), part in sorted(_grouped(rows, "product", "product_version").items()):
        touched = _grouped(clusters, "zone_id")
        zones = [
            {
                "kind": same[0]["kind"],
                "zone_name": same[0]["zone_name"],
                "low_ha": _area(row for row in same if row["confidence"] not in HIGHER_CONFIDENCES),
                "high_ha": _area(row for row in same if row["confidence"] in HIGHER_CONFIDENCES),
                "clusters": len({row["cluster_id"] for row in touched.get((zone_id,), [])}),
            }
            for (zone_id,), same in _grouped(_ordered(part, "month"), "zone_id").items()
            if same[0]["kind"] in (*ACCOUNTED, "hcv")
        ]
        products.append(
            {
                "product": product,
                "version": version,
                "retrieved_on": max((row["retrieved_on"] for row in part if row["retrieved_on"]), default=None),
                "chart": _alert_chart([row for row in part if row["kind"] == "project_area"]),
                "zones": zones,
            }
        )
    return products


def _area(rows: Iterable[Row]) -> Decimal | None:
    area: Decimal | None = total([row["alert_area_ha"] for row in rows])
    return area


def _alert_chart(rows: Sequence[Row]) -> Markup | None:
    months = sorted({row["month"] for row in rows})

    def series(en: str, es: str, style: str, *, high: bool) -> Series:
        of_month = _grouped((row for row in rows if (row["confidence"] in HIGHER_CONFIDENCES) is high), "month")
        return Series(Text(en, es), style, [_area(of_month.get((month,), [])) for month in months])

    return bars(
        title=Text(
            "Area with alerts in the project area, by month", "Superficie con alertas en el área del proyecto, por mes"
        ),
        unit="ha",
        groups=[_month(month) for month in months],
        series=[
            series("high confidence", "confianza alta", "fill-project", high=True),
            series("low confidence", "confianza baja", "fill-baseline", high=False),
        ],
    )


def _fires(rows: Sequence[Row]) -> dict[str, Any] | None:
    """Return distinct fires by month in the accounted zones as a chart, and the sums by zone."""
    inside = [row for row in rows if row["kind"] in (*ACCOUNTED, "hcv") and row["measured"]]
    if not inside:
        return None
    months = sorted({row["month"] for row in inside})
    series = []
    for kind in ACCOUNTED:
        of_month = _grouped((row for row in inside if row["kind"] == kind), "month")
        if of_month:
            values = [
                total([_decimal(row["distinct_fire_count"]) for row in of_month.get((month,), [])]) for month in months
            ]
            series.append(Series(wording.kind_name(kind), _STYLES[kind], values))
    chart = bars(
        title=Text("Distinct active fires by month", "Incendios activos distintos por mes"),
        unit="",
        groups=[_month(month) for month in months],
        series=series,
    )
    zones = [
        {
            "kind": part[0]["kind"],
            "zone_name": part[0]["zone_name"],
            "detections": total([row["fire_count"] for row in part]),
            "fires": total([row["distinct_fire_count"] for row in part]),
        }
        for part in _grouped(_ordered(inside, "month"), "zone_id").values()
    ]
    return {"chart": chart, "zones": zones}


def _cover(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return, for each project area and class series, the area of each class in each year, the largest first."""
    tables = []
    inside = _ordered((row for row in rows if row["kind"] == "project_area"), "product", "layer")
    for (zone_id, product, version, layer), part in _grouped(
        inside, "zone_id", "product", "product_version", "layer"
    ).items():
        years = sorted({row["year"] for row in part}, key=lambda year: (year is not None, year))
        classes: list[dict[str, Any]] = [
            {
                "name": Text(en or "not observed", es or "no observado"),
                "areas": [total([row["area_ha"] for row in same if row["year"] == year]) for year in years],
            }
            for (_, en, es), same in _grouped(part, "class_code", "class_name_en", "class_name_es").items()
        ]
        tables.append(
            {
                "zone_name": part[0]["zone_name"],
                "zone_id": zone_id,
                "product": f"{product} {version} {layer}",
                "years": years,
                "classes": sorted(classes, key=lambda item: (-(item["areas"][-1] or 0), item["name"].en)),
            }
        )
    return tables


def _values(read: Read) -> list[dict[str, Any]]:
    """Return, for each high conservation value area, its forest, loss, alerts, fires and core in the period."""
    rows = {
        name: _grouped((row for row in read(name) if row["kind"] == "hcv"), "zone_id")
        for name in (
            "zones",
            "deforestation_annual",
            "forest_cover_annual",
            "alerts_monthly",
            "fires_monthly",
            "fragmentation_annual",
        )
    }

    def of(name: str, zone_id: str) -> list[Row]:
        return rows[name].get((zone_id,), [])

    table = []
    for (zone_id,), (zone, *_) in sorted(rows["zones"].items()):
        forest = sorted(of("forest_cover_annual", zone_id), key=itemgetter("year"))
        shape = sorted(of("fragmentation_annual", zone_id), key=itemgetter("year"))
        alerts = [row for row in of("alerts_monthly", zone_id) if row["confidence"] in HIGHER_CONFIDENCES]
        fires = [row for row in of("fires_monthly", zone_id) if row["measured"]]
        lost = [row["area_ha"] for row in of("deforestation_annual", zone_id) if row["in_period"]]
        table.append(
            {
                "zone_name": zone["zone_name"],
                "area_ha": zone["area_ha"],
                "forest_year": forest[-1]["year"] if forest else None,
                "forest_ha": forest[-1]["area_ha"] if forest else None,
                "loss_ha": total(lost) if lost else None,
                "alerts_ha": _area(alerts) if alerts else None,
                "fires": total([row["distinct_fire_count"] for row in fires]) if fires else None,
                "core_percent": shape[-1]["core_share_percent"] if shape else None,
            }
        )
    return table


def _month(day: date) -> str:
    return f"{day:%m/%y}"


def _decimal(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value)
