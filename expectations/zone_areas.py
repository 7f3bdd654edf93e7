"""Checks across tables: the pixels of each zone add up to its geodesic area, and enough of them were observed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa

from expectations.results import check_result
from mrv.units import um2_to_ha

ZONE_AREA_RULE = "zone_area_matches_geodesic"
ZONE_AREA_REMEDY = (
    "for zones that took pixels by centre set measurement.pixel_rule to by_size or fraction; for others check that the "
    "rasters cover the zone, that strata do not overlap or leave gaps, and that grid and boundary have the same coordinate "
    "reference system"
)
OBSERVED_RULE = "zone_is_observed"
OBSERVED_REMEDY = (
    "loss cannot be seen where nothing was observed: take a product or version that covers the zone, or draw the "
    "zone without it"
)
CLASS_SUM_RULE = "classes_make_up_zone"
CLASS_SUM_REMEDY = "mend the code that measured it: every pixel of a zone has one class, or is counted as nodata"
REMEDIES = {ZONE_AREA_RULE: ZONE_AREA_REMEDY, OBSERVED_RULE: OBSERVED_REMEDY, CLASS_SUM_RULE: CLASS_SUM_REMEDY}
"""Remedies of the rules that no suite holds."""
SERIES = {
    "land_cover_area": ("zone_id", "product", "product_version"),
    "class_area": ("zone_id", "product", "product_version", "layer", "year"),
    "class_transition": ("zone_id", "product", "product_version", "layer", "year_from", "year_to"),
}
"""Table of classes to the columns within which the classes make up the zone."""
_DESCRIPTION = "The pixel areas of each zone add up to its geodesic area within the tolerance."


def check_zone_areas(zones: pa.Table, zone_pixels: pa.Table, *, tolerance: Decimal = Decimal("0.005")) -> pa.Table:
    """Compare what each zone takes of each product's grid with the geodesic area of its polygon.

    Args:
        zones: Landed `zones`, areas in ha.
        zone_pixels: Landed `zone_pixels`, areas in square micrometres.
        tolerance: Largest allowed difference as a fraction of the geodesic area (0.5 %, the zone check of the methodology).

    Returns:
        One row of `check_results` for dataset `zone_pixels`, severity critical. A zone without any pixel of a product
        fails; so does a zone id of the pixels that no polygon has.
    """
    geodesic_ha: dict[str, Decimal] = dict(zip(zones["zone_id"].to_pylist(), zones["area_ha"].to_pylist(), strict=True))
    products: dict[tuple[str, str], dict[str, int]] = {}
    rules: dict[tuple[str, str, str], str] = {}
    for row in zone_pixels.to_pylist():
        products.setdefault((row["product"], row["product_version"]), {})[row["zone_id"]] = int(row["area_um2"])
        rules[row["product"], row["product_version"], row["zone_id"]] = row["pixel_rule"]
    found = []
    for (name, version), measured_um2 in sorted(products.items()):
        for zone_id in sorted(geodesic_ha.keys() | measured_um2.keys()):
            problem = _problem(geodesic_ha.get(zone_id), measured_um2.get(zone_id), tolerance)
            if problem:
                rule = rules.get((name, version, zone_id))
                found.append(f"{zone_id} ({name} {version}): {problem}{f' (by {rule})' if rule else ''}")
    nothing = "no zone" if not geodesic_ha else "no zone was measured" if not products else None
    return check_result(
        "zone_pixels",
        ZONE_AREA_RULE,
        _DESCRIPTION,
        evaluated=len(geodesic_ha) * len(products),
        problems=[nothing] if nothing else found,
        failed=len(found),
        shown=None,
    )


def check_class_sums(dataset: str, classes: pa.Table, zone_pixels: pa.Table) -> pa.Table:
    """Compare the sum of all classes of each zone with what the zone takes of the grid: to the last digit.

    Args:
        dataset: Name of the table of classes, a key of SERIES.
        classes: The landed table, areas in square micrometres.
        zone_pixels: Landed `zone_pixels`.

    Returns:
        One row of `check_results` for the dataset, severity critical.
    """
    columns = SERIES[dataset]
    sums: dict[tuple[Any, ...], list[int]] = {}
    wanted = [*columns, "pixel_count", "area_um2"]
    for *key, pixels, area in zip(*(classes[name].to_pylist() for name in wanted), strict=True):
        cell = sums.setdefault(tuple(key), [0, 0])
        cell[0], cell[1] = cell[0] + pixels, cell[1] + int(area)
    whole = {
        (row["zone_id"], row["product"], row["product_version"]): [row["pixel_count"], int(row["area_um2"])]
        for row in zone_pixels.to_pylist()
    }
    measured = {key[1:] for key in sums}
    wanted_keys = {(zone, *rest) for zone, *grid in whole for rest in measured if list(rest[:2]) == grid}
    found = [
        f"{', '.join(str(part) for part in key if part is not None)}: "
        f"classes {_cell(sums.get(key))}, zone {_cell(whole.get(key[:3]))}"
        for key in sorted(sums.keys() | wanted_keys, key=str)
        if sums.get(key) != whole.get(key[:3])
    ]
    description = "The classes of each zone add up to what the zone takes of the grid, to the last digit."
    return check_result(dataset, CLASS_SUM_RULE, description, evaluated=len(sums), problems=found, shown=20)


def _cell(cell: list[int] | None) -> str:
    return "nothing" if cell is None else f"{cell[0]} pixels, {cell[1]} um2"


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
    description = f"At most {max_unobserved * 100:f} % of project area and leakage belt were not observed."
    return check_result(
        "land_cover_area", OBSERVED_RULE, description, evaluated=len(shares), problems=found, shown=None
    )
