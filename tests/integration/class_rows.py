"""Landed rows of class rasters and measured values for warehouse tests: one product in degrees, one on a projected grid."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from mrv.units import UM2_PER_HA

NAMES = {3: ("forest", "bosque"), 15: ("pasture", "pasto"), None: (None, None)}


def class_rows() -> dict[str, list[dict[str, Any]]]:
    """Zone pa in two strata: 7 ha of forest in 2010, of which 2 ha are pasture in 2020 and 1 ha is not seen."""
    mapped = {"product": "mapbiomas_peru", "product_version": "3"}
    area = [
        _area(mapped, "s1", 2010, 3, 5), _area(mapped, "s2", 2010, 3, 2),
        _area(mapped, "s1", 2020, 3, 3), _area(mapped, "s1", 2020, 15, 2), _area(mapped, "s2", 2020, 3, 1),
        _area(mapped, "s2", 2020, None, 1),
    ]  # fmt: skip
    own = {"product": "park_map", "product_version": "1"}
    area.append(_area(own, "s1", 2023, 3, 4, nominal="3.96"))
    changes = [
        _change(mapped, "s1", 3, 3, 3), _change(mapped, "s1", 3, 15, 2), _change(mapped, "s2", 3, 3, 1),
        _change(mapped, "s2", 3, None, 1),
    ]  # fmt: skip
    height = {
        "zone_id": "pa", "product": "park_map", "product_version": "1", "layer": "height", "unit": "m", "pixel_rule": "centre",
        "first_day": date(2023, 1, 1), "last_day": date(2023, 12, 31), "step": Decimal("0.01"),
    }  # fmt: skip
    statistics = [
        height | {
            "stratum_id": "s1", "pixel_count": 30, "area_um2": Decimal(3 * UM2_PER_HA), "nodata_area_um2": Decimal(0),
            "mean": Decimal("21.5"), "minimum": Decimal(0), "maximum": Decimal(40),
        },
        height | {
            "stratum_id": "s2", "pixel_count": 0, "area_um2": Decimal(0), "nodata_area_um2": Decimal(UM2_PER_HA),
            "mean": None, "minimum": None, "maximum": None,
        },
    ]  # fmt: skip
    pixels = [
        {"zone_id": "pa", **product, "pixel_rule": "centre", "pixel_count": count, "area_um2": Decimal(hectares * UM2_PER_HA),
         "nominal_area_um2": nominal}
        for product, count, hectares, nominal in ((mapped, 70, 7, None), (own, 40, 4, Decimal("3.96") * UM2_PER_HA))
    ]  # fmt: skip
    return {"class_area": area, "class_transition": changes, "zone_statistics": statistics, "zone_pixels": pixels}


def _counted(stratum_id: str, hectares: int, nominal: str | None = None) -> dict[str, Any]:
    return {
        "zone_id": "pa", "stratum_id": stratum_id, "layer": "coverage", "pixel_rule": "centre", "pixel_count": 10 * hectares,
        "area_basis": "geodesic" if nominal is None else "nominal", "area_um2": Decimal(hectares * UM2_PER_HA),
        "nominal_area_um2": None if nominal is None else Decimal(nominal) * UM2_PER_HA,
    }  # fmt: skip


def _area(
    product: dict[str, str], stratum_id: str, year: int, code: int | None, hectares: int, *, nominal: str | None = None
) -> dict[str, Any]:
    en, es = NAMES[code]
    own = {"year": year, "class_code": code, "class_name_en": en, "class_name_es": es}
    return {**product, **_counted(stratum_id, hectares, nominal), **own}


def _change(
    product: dict[str, str], stratum_id: str, code_from: int | None, code_to: int | None, hectares: int
) -> dict[str, Any]:
    row = {**product, **_counted(stratum_id, hectares), "year_from": 2010, "year_to": 2020}
    for which, code in (("class_from", code_from), ("class_to", code_to)):
        row |= {which: code, f"{which}_name_en": NAMES[code][0], f"{which}_name_es": NAMES[code][1]}
    both = code_from is not None and code_to is not None
    return row | {"transition_code": 100 * (code_from or 0) + (code_to or 0) if both else None}
