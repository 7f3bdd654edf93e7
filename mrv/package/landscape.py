"""What the report says of the land itself: drivers of loss, alerts, fires, shape of the forest, land cover, values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any

from markupsafe import Markup

from mrv.boundaries import Zone
from mrv.package import wording
from mrv.package.charts import Series, bars
from mrv.package.figures import total
from mrv.package.windows import loss_by_days, percent_inside, transitions, years_of
from mrv.package.wording import Text

Row = Mapping[str, Any]
Read = Callable[[str], Sequence[Row]]
"""Name of a mart to its rows; none where it is missing."""

ACCOUNTED = ("project_area", "leakage_belt")
BASES = ("hint", "review", "illustrative_review")
HIGHER_CONFIDENCES = ("high", "highest")
_STYLES = {"project_area": "fill-project", "leakage_belt": "fill-belt"}


def landscape(read: Read, zones: Sequence[Zone] = ()) -> dict[str, Any]:
    """Return what the page's sections about the land show; a section without rows is empty.

    Args:
        read: Reads a mart.
        zones: Where the zones lie.
    """
    return {
        "loss_by_days": loss_by_days(read("deforestation_annual")),
        "loss_years": years_of(read("deforestation_annual")),
        "transitions": transitions(read("land_cover_transitions")),
        "drivers": _drivers(read("drivers_annual")),
        "unjudged_ha": _unjudged(read("drivers_annual")),
        "alerts": _alerts(read("alerts_monthly"), read("alert_clusters_by_zone")),
        "fires": _fires(read("fires_monthly"), read("fires_period")),
        "shape": [row for row in _ordered(read("fragmentation_annual"), "year") if row["kind"] in ACCOUNTED],
        "cover": _cover(read("land_cover_annual")),
        "vegetation": [
            row for row in _ordered(read("vegetation_change"), "vegetation_index") if row["kind"] in ACCOUNTED
        ],
        "values": _values(read, zones),
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
    """Return, for each accounted zone, basis and driver, what was lost in the calendar years that the period touches."""
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
                    "code": driver,
                    "driver": Text(en or driver or "", es or driver or ""),
                    "patch_count": total([row["patch_count"] for row in same]),
                    "area_ha": area,
                    "period_area_ha": total([row["period_area_ha"] for row in same]),
                    "share": area / whole if area is not None and whole else None,
                }
            )
    order = {kind: place for place, kind in enumerate(ACCOUNTED)}
    return sorted(
        (
            row
            for row in table
            if row["area_ha"] and (row["basis"], row["code"]) != ("illustrative_review", "not_reviewed")
        ),
        key=lambda row: (
            order[row["kind"]],
            row["zone_id"],
            BASES.index(row["basis"]),
            -row["area_ha"],
            row["driver"].en,
        ),
    )


def _unjudged(rows: Sequence[Row]) -> Decimal | None:
    """Return the forest of the accounted zones lost in patches for which a rule about fires could not be judged."""
    known = [
        row["unjudged_area_ha"] for row in rows if row["kind"] in ACCOUNTED and row["unjudged_area_ha"] is not None
    ]
    area: Decimal | None = total(known)
    return area


def _alerts(rows: Sequence[Row], clusters: Sequence[Row]) -> list[dict[str, Any]]:
    """Return, for each alert product, its months in the project area as a chart, and its sums by zone.

    A sum is unknown where a month of it is; clusters and what was left out of them are those of the days observed.
    """
    products = []
    of_zone = {(row["product"], row["zone_id"]): row for row in clusters}
    for (product, version), part in sorted(_grouped(rows, "product", "product_version").items()):
        zones = []
        for (zone_id,), same in _grouped(_ordered(part, "month"), "zone_id").items():
            if same[0]["kind"] not in (*ACCOUNTED, "hcv"):
                continue
            found = of_zone.get((product, zone_id))
            zones.append(
                {
                    "kind": same[0]["kind"],
                    "zone_name": same[0]["zone_name"],
                    "low_ha": _area(row for row in same if row["confidence"] not in HIGHER_CONFIDENCES),
                    "high_ha": _area(row for row in same if row["confidence"] in HIGHER_CONFIDENCES),
                    "clusters": found and found["cluster_count"],
                    "high_clusters": found and found["high_cluster_count"],
                    "left_out": found and found["left_out_cluster_count"],
                    "left_out_ha": found and found["left_out_area_ha"],
                }
            )
        months = {row["month"]: row for row in part}.values()
        products.append(
            {
                "product": product,
                "version": version,
                "retrieved_on": max((row["retrieved_on"] for row in part if row["retrieved_on"]), default=None),
                "settled": all(row["settled"] for row in months),
                "days": total([row["days"] for row in months]),
                "days_observed": total([row["days_observed"] for row in months]),
                "min_cluster_area_ha": next(
                    (row["min_cluster_area_ha"] for row in clusters if row["product"] == product), None
                ),
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


def _fires(rows: Sequence[Row], period: Sequence[Row]) -> dict[str, Any] | None:
    """Return distinct fires by month in the accounted zones as a chart, and those of the whole period by zone.

    A fire that is seen in two months counts in both, but once in the period.
    """
    inside = [row for row in rows if row["kind"] in (*ACCOUNTED, "hcv")]
    if all(row["fire_count"] is None for row in inside):
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
    zones = [row for row in _ordered(period) if row["kind"] in (*ACCOUNTED, "hcv")]
    return {
        "chart": chart,
        "zones": zones,
        "days": zones[0]["days"] if zones else None,
        "days_observed": zones[0]["days_observed"] if zones else None,
    }


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


def _values(read: Read, places: Sequence[Zone]) -> list[dict[str, Any]]:
    """Return, for each high conservation value area, its forest, loss, alerts, fires and core, and where it lies."""
    place = {zone.zone_id: zone for zone in places}
    rows = {
        name: _grouped((row for row in read(name) if row["kind"] == "hcv"), "zone_id")
        for name in (
            "zones",
            "deforestation_annual",
            "forest_cover_annual",
            "alerts_monthly",
            "fires_period",
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
        fires = next(iter(of("fires_period", zone_id)), None)
        lost = [row for row in of("deforestation_annual", zone_id) if row["in_period"]]
        table.append(
            {
                "zone_name": zone["zone_name"],
                "area_ha": zone["area_ha"],
                "forest_year": forest[-1]["year"] if forest else None,
                "forest_ha": forest[-1]["area_ha"] if forest else None,
                "inside_percent": percent_inside(place[zone_id], places) if zone_id in place else None,
                "loss_ha": total([row["area_ha"] for row in lost]),
                "period_loss_ha": total([row["period_area_ha"] for row in lost]),
                "alerts_ha": _area(alerts) if alerts else None,
                "fires": fires and fires["distinct_fire_count"],
                "fires_partly": bool(fires and 0 < fires["days_observed"] < fires["days"]),
                "core_year": shape[-1]["year"] if shape else None,
                "core_percent": shape[-1]["core_share_percent"] if shape else None,
            }
        )
    return table


def _month(day: date) -> str:
    return f"{day:%m/%y}"


def _decimal(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value)
