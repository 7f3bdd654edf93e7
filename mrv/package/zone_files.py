"""Reading back the files of the zones: each must hold every zone, under its id and with its area."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pyogrio
import shapely
from defusedxml import ElementTree
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.geometry.base import BaseGeometry

from mrv.boundaries import Zone, geodesic_area_ha
from mrv.errors import PackageError
from mrv.package.kml import NAMESPACE
from mrv.package.reading import listed

TOLERANCE = Decimal("1e-6")
"""Largest difference of an area read back, as a share of the zone's."""

Shapes = dict[str, BaseGeometry]


def read_geojson(path: Path) -> Shapes:
    """Return zone to geometry of a GeoJSON file."""
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return _once([(feature["id"], shape(feature["geometry"])) for feature in features], path)


def read_geopackage(path: Path) -> Shapes:
    """Return zone to geometry of the layer `zones` of a GeoPackage."""
    frame = pyogrio.read_dataframe(path, layer="zones")
    return _once(list(zip(frame["zone_id"], frame.geometry, strict=True)), path)


def read_geoparquet(path: Path) -> Shapes:
    """Return zone to geometry of a GeoParquet file."""
    table = pq.read_table(path, columns=["zone_id", "geometry"])
    return _once(list(zip(table["zone_id"].to_pylist(), shapely.from_wkb(table["geometry"]), strict=True)), path)


def read_kml(path: Path) -> Shapes:
    """Return zone to geometry of the Placemarks of a KML file."""
    spaces = {"k": NAMESPACE}
    found = []
    for placemark in ElementTree.parse(path).iterfind(".//k:Placemark", spaces):
        zone_id = placemark.findtext("k:ExtendedData/k:Data[@name='zone_id']/k:value", namespaces=spaces) or ""
        polygons = []
        for polygon in placemark.iterfind(".//k:Polygon", spaces):
            outer, *inner = [
                [tuple(map(float, point.split(","))) for point in (ring.text or "").split()]
                for ring in polygon.iterfind(".//k:coordinates", spaces)
            ]
            polygons.append(Polygon(outer, inner))
        found.append((zone_id, MultiPolygon(polygons)))
    return _once(found, path)


READERS: Mapping[str, Callable[[Path], Shapes]] = {
    ".geojson": read_geojson,
    ".gpkg": read_geopackage,
    ".parquet": read_geoparquet,
    ".kml": read_kml,
}


def check_zones(path: Path, zones: Sequence[Zone]) -> None:
    """Read a file of zones back and compare it with them.

    Args:
        path: GeoJSON, GeoPackage, GeoParquet or KML.
        zones: What it must hold.

    Raises:
        PackageError: A zone is missing, too many, invalid or of another area.
    """
    shapes, wanted = READERS[path.suffix](path), {zone.zone_id: zone for zone in zones}
    problems = [f"missing: {name}" for name in sorted(wanted.keys() - shapes.keys())]
    problems += [f"of no zone: {name}" for name in sorted(shapes.keys() - wanted.keys())]
    for name in sorted(wanted.keys() & shapes.keys()):
        area_ha, read_ha = wanted[name].area_ha, geodesic_area_ha(shapes[name])
        if not shapes[name].is_valid:
            problems.append(f"{name} is not valid")
        if abs(read_ha - area_ha) > TOLERANCE * area_ha:
            problems.append(f"{name} has {read_ha} ha, not {area_ha} ha")
    if problems:
        raise PackageError(
            "a file of the zones does not hold the zones",
            expected=f"{len(wanted)} zones as they are",
            found=listed(problems),
            where=path.name,
            remedy="tell those who keep the platform; nothing is published",
        )


def _once(found: Sequence[tuple[str, BaseGeometry]], path: Path) -> Shapes:
    shapes = dict(found)
    if len(shapes) != len(found):
        raise PackageError("a zone stands twice in a file of the zones", where=path.name)
    return shapes
