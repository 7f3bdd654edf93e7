"""Whether the areas of a package hold: classes make up each zone to the last digit, and zones agree with their polygons."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely
from shapely.geometry import shape

from mrv.boundaries import geodesic_area_ha
from mrv.errors import PackageError
from mrv.package.reading import MAX_JSON_BYTES, csv_records, listed, reading
from mrv.units import um2_to_ha

ZONES = "data/vectors/zones.geojson"
LANDED = "data/landed"
WHOLE = f"{LANDED}/zone_pixels.parquet"
RESULTS = "data/quality/check_results.csv"
TOLERANCE = Decimal("0.005")
"""Largest difference between a zone's pixels and its polygon, as a fraction (the zone check of the methodology)."""
WAIVABLE = "zone_area_matches_geodesic"
CLASSES: Mapping[str, tuple[str, ...]] = {
    "land_cover_area": ("zone_id", "product", "product_version"),
    "class_area": ("zone_id", "product", "product_version", "layer", "year"),
}
"""Table of classes to the columns within which its classes must make up the zone."""
_SHOWN = 10
_MAX_VECTOR_BYTES = 64 * MAX_JSON_BYTES

Key = tuple[str, str, str]
"""Zone, product and version."""


def areas(root: Path) -> str:
    """Add up the classes of every zone, and measure every polygon anew.

    Args:
        root: Folder of the package.

    Returns:
        What was compared.

    Raises:
        PackageError: Classes do not make up a zone, a zone differs from its polygon by more than the tolerance and
            nobody waived it, or a file cannot be read.
    """
    used = [name for name in CLASSES if (root / LANDED / f"{name}.parquet").is_file() and _rows(root, name)]
    if not used:
        return "no areas were counted from pixels"
    whole = _whole(root)
    polygons = _polygons(root)
    problems: list[str] = []
    series = 0
    for name in used:
        sums = _sums(root, name)
        series += len(sums)
        problems += _unlike_whole(name, sums, whole)
    problems += _unlike_polygons(whole, polygons, waived=_waived(root))
    if problems:
        raise PackageError(
            "areas of the package do not hold together",
            expected="classes that make up their zone exactly, zones within 0.5 % of their polygon",
            found=listed(problems, most=_SHOWN),
            where=f"{WHOLE}, {ZONES}",
            remedy="ask the publisher which one holds",
        )
    largest = max((_difference(area, polygons[key[0]]) for key, area in whole.items()), default=Decimal(0))
    return (
        f"{series} series of classes make up {len(whole)} zones to the last digit; "
        f"zones differ from their polygons by at most {largest * 100:.4f} %"
    )


def _rows(root: Path, name: str) -> int:
    file = f"{LANDED}/{name}.parquet"
    with reading(file):
        return int(pq.read_metadata(root / file).num_rows)


def _whole(root: Path) -> dict[Key, int]:
    """Return what each zone takes of each grid, square micrometres."""
    if not (root / WHOLE).is_file():
        raise PackageError("the package lacks the zones' own pixels", where=WHOLE)
    with reading(WHOLE):
        table = pq.read_table(root / WHOLE)
        rows = table.select(["zone_id", "product", "product_version", "area_um2"]).to_pylist()
        found = {(row["zone_id"], row["product"], row["product_version"]): int(row["area_um2"]) for row in rows}
        if len(found) != len(rows):
            raise PackageError("a zone stands twice on one grid", where=WHOLE)
        return found


def _sums(root: Path, name: str) -> dict[tuple[Any, ...], int]:
    """Return the area of all classes of each series; sums are of exact decimals."""
    file = f"{LANDED}/{name}.parquet"
    with reading(file):
        table = pq.read_table(root / file, columns=[*CLASSES[name], "area_um2"])
        if pc.min(table["area_um2"]).as_py() < 0:
            raise PackageError("an area is negative", where=file)
        # A difference of two large areas must not be rounded: 38 digits hold them all.
        exact = table.set_column(table.num_columns - 1, "area_um2", table["area_um2"].cast(pa.decimal128(38, 0)))
        grouped = exact.group_by(list(CLASSES[name])).aggregate([("area_um2", "sum")])
        return {tuple(row[column] for column in CLASSES[name]): int(row["area_um2_sum"]) for row in grouped.to_pylist()}


def _unlike_whole(name: str, sums: Mapping[tuple[Any, ...], int], whole: Mapping[Key, int]) -> list[str]:
    problems = []
    for series, area in sorted(sums.items(), key=str):
        zone_id, product, version, *rest = series
        expected = whole.get((zone_id, product, version))
        if expected != area:
            said = "nothing" if expected is None else f"{expected} um2"
            label = " ".join(str(part) for part in (product, version, *rest) if part is not None)
            problems.append(f"{name}: classes of zone {zone_id} ({label}) make {area} um2, the zone takes {said}")
    counted = {series[:3] for series in sums}
    if name == "land_cover_area":
        products = {key[1:] for key in counted}
        problems += [
            f"{name}: zone {key[0]} has no classes"
            for key in sorted(whole)
            if key[1:] in products and key not in counted
        ]
    return problems


def _polygons(root: Path) -> dict[str, Decimal]:
    """Return the geodesic area of each zone, ha, from its polygon."""
    with reading(ZONES):
        if (root / ZONES).stat().st_size > _MAX_VECTOR_BYTES:
            raise PackageError("the zones are too large to be read", where=ZONES)
        features = json.loads((root / ZONES).read_text(encoding="utf-8"))["features"]
        geometries = {feature["id"]: shape(feature["geometry"]) for feature in features}
        if len(geometries) != len(features):
            raise PackageError("a zone stands twice", where=ZONES)
        try:
            return {zone_id: geodesic_area_ha(geometry) for zone_id, geometry in geometries.items()}
        except shapely.errors.ShapelyError as error:
            raise PackageError("a zone is not a polygon", found=str(error), where=ZONES) from error


def _unlike_polygons(whole: Mapping[Key, int], polygons: Mapping[str, Decimal], *, waived: bool) -> list[str]:
    problems = [f"zone {key[0]} has no polygon" for key in sorted(whole) if key[0] not in polygons]
    if waived:
        return problems
    return problems + [
        f"zone {key[0]} takes {um2_to_ha(area):.4f} ha of {key[1]} {key[2]}, its polygon has {polygons[key[0]]} ha"
        for key, area in sorted(whole.items())
        if key[0] in polygons and _difference(area, polygons[key[0]]) > TOLERANCE
    ]


def _difference(area_um2: int, polygon_ha: Decimal) -> Decimal:
    return abs(um2_to_ha(area_um2) - polygon_ha) / polygon_ha if polygon_ha else Decimal(1)


def _waived(root: Path) -> bool:
    """Tell whether somebody answered for the difference by name; the report prints the waiver."""
    rows = [row for row in csv_records(root, RESULTS) if row.get("rule") == WAIVABLE]
    return any(row.get("waived_by") for row in rows)
