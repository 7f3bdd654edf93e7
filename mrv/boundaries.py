"""Zones of a project: read from GeoPackage or GeoJSON, checked for validity and topology, with geodesic areas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any, get_args

import shapely
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import ProjError
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from mrv.errors import MrvError, ProjectError
from mrv.files import hash_file
from mrv.geopackage import Rows, read_layer
from mrv.project import Boundaries, LoadedProject
from mrv.project_base import ZoneKind
from mrv.refusals import problem_of
from mrv.units import M2_PER_HA

Features = tuple[Rows, CRS]
GEOD = Geod(ellps="WGS84")
MAX_FILE_BYTES = 256 * 2**20
SLIVER_HA = Decimal("0.01")
"""Overlaps up to this area come from rounding coordinates when boundaries were digitised, and are let pass."""

KINDS_WITHOUT_OVERLAP = ("project_area", "leakage_belt", "concession", "stratum", "exclusion")
INSIDE = {
    "project_area": "reference_region",
    "leakage_belt": "reference_region",
    "concession": "project_area",
    "hcv": "reference_region",
    "community": "reference_region",
}


@dataclass(frozen=True)
class Zone:
    """A zone in lon/lat on WGS84 (EPSG:4326)."""

    zone_id: str
    kind: str
    name: str
    partner: str | None
    geometry: BaseGeometry
    boundary_version: str
    illustrative: bool
    file: str
    feature: int
    sha256: str

    @property
    def area_ha(self) -> Decimal:
        """Geodesic area in hectares to the six decimals."""
        return geodesic_area_ha(self.geometry)

    def record(self) -> dict[str, Any]:
        """Return the row of the landed table `zones`."""
        return {
            "zone_id": self.zone_id,
            "kind": self.kind,
            "zone_name": self.name,
            "partner": self.partner,
            "boundary_version": self.boundary_version,
            "area_ha": self.area_ha,
            "illustrative": self.illustrative,
            "boundary_sha256": self.sha256,
        }


def geodesic_area_ha(geometry: BaseGeometry) -> Decimal:
    """Return the area on the WGS84 ellipsoid, whatever the direction of the rings."""
    area_m2 = abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(geometry))[0])
    return Decimal(repr(area_m2 / M2_PER_HA)).quantize(Decimal("0.000001"))


def read_zones(project: LoadedProject, *, private: bool = False) -> tuple[list[Zone], list[MrvError]]:
    """Read every boundary file; return the zones that can be used and every problem of the rest.

    Args:
        project: The project.
        private: Read the files of private zones instead of the public ones; how they lie to others does not matter.
    """
    zones: list[Zone] = []
    problems: list[MrvError] = []
    for position, spec in enumerate(project.definition.boundaries):
        if spec.private != private:
            continue
        try:
            zones.extend(_read_file(project.path(spec.file), spec, problems, key=f"boundaries.{position}"))
        except ProjectError as error:
            problems.append(error)
    if not private:
        files = {spec.file for spec in project.definition.boundaries if not spec.private}
        problems.extend(_topology(zones, files))
    return zones, problems


def load_zones(project: LoadedProject, *, private: bool = False) -> list[Zone]:
    """Read the public zones, or the private ones, refusing any problem.

    Raises:
        ProjectError: The first problem, with the number of others.
    """
    zones, problems = read_zones(project, private=private)
    if problems:
        raise ProjectError(
            f"the boundaries have {len(problems)} problem(s); the first: {problems[0].message}",
            expected=problems[0].expected,
            found=problems[0].found,
            where=problems[0].where,
            remedy=f"{problems[0].remedy}; list them all with: mrv check {project.folder}",
        )
    return sorted(zones, key=lambda zone: zone.zone_id)


def _read_file(path: Path, spec: Boundaries, problems: list[MrvError], *, key: str) -> list[Zone]:
    features, transformer = read_map(path, spec.layer, where=f"{path}, {key}")
    sha256, zones = hash_file(path), []
    for number, (geometry, properties) in enumerate(features, start=1):
        row = f"{path}, feature {number}"
        try:
            zones.append(_zone(geometry, properties, spec, transformer, row=row, feature=number, sha256=sha256))
        except ProjectError as error:
            problems.append(error)
    return zones


def read_map(path: Path, layer: str | None, *, where: str) -> tuple[Rows, Transformer | None]:
    """Read the features of a GeoPackage or GeoJSON file.

    Args:
        path: The file.
        layer: Layer of a GeoPackage with several.
        where: File and key, for messages.

    Returns:
        Geometry and fields of each feature, and how its coordinates become longitude and latitude (None: they are).

    Raises:
        ProjectError: The file is missing, too large, of another format, or has no CRS that leads to EPSG:4326.
    """
    if not path.is_file():
        raise ProjectError(
            "a map file is missing", expected=str(path), where=where, remedy="put the file there or mend the key"
        )
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ProjectError(
            "a map file is too large", found=f"{path.stat().st_size} bytes", where=where, remedy="simplify it"
        )
    features, crs = _features(path, layer, where)
    try:
        geographic = crs.equals(CRS.from_epsg(4326), ignore_axis_order=True)
        return features, None if geographic else Transformer.from_crs(crs, 4326, always_xy=True)
    except ProjError as error:
        raise ProjectError(
            "the CRS of a map file has no way to EPSG:4326",
            found=str(error),
            where=where,
            remedy="export it in EPSG:4326",
        ) from error


def _features(path: Path, layer: str | None, where: str) -> Features:
    with path.open("rb") as stream:
        head = stream.read(16)
    if head.startswith(b"SQLite format 3\x00"):
        return read_layer(path, layer, where=where)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _geojson(path, where)
    raise ProjectError(
        "a map file is neither GeoPackage nor GeoJSON",
        found="text" if head.isascii() and b"\0" not in head else "other bytes",
        where=where,
        remedy="export it as one of the two",
    )


def _geojson(path: Path, where: str) -> Features:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
        features = document["features"]
        pairs: Rows = [
            (shape(item["geometry"]) if item["geometry"] else None, dict(item.get("properties") or {}))
            for item in features
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ShapelyError) as error:
        raise ProjectError(
            "a map file is not a GeoJSON FeatureCollection",
            found=f"no key {error}" if isinstance(error, KeyError) else problem_of(error),
            where=where,
            remedy="export it again as GeoJSON (RFC 7946)",
        ) from error
    declared = document.get("crs")
    if declared is None:
        return pairs, CRS.from_epsg(4326)
    try:
        return pairs, CRS.from_user_input(declared["properties"]["name"])
    except (KeyError, TypeError, ProjError) as error:
        raise ProjectError(
            "the CRS of a map file cannot be understood",
            found="no name of a CRS that is known",
            where=where,
            remedy="export it in EPSG:4326, without a crs member",
        ) from error


def _zone(
    geometry: BaseGeometry | None,
    properties: Mapping[str, Any],
    spec: Boundaries,
    transformer: Transformer | None,
    *,
    row: str,
    feature: int,
    sha256: str,
) -> Zone:
    zone_id = spec.zone_id or properties.get(spec.id_field)
    kind = spec.kind or (properties.get(spec.kind_field) if spec.kind_field else None)
    if not zone_id or kind is None:
        raise ProjectError(
            "a zone has no id or no kind",
            expected=f"fields {spec.id_field} and {spec.kind_field}",
            found=", ".join(properties),
            where=row,
            remedy="fill the fields, or name others with id_field and kind_field (or zone_id and kind for a whole file)",
        )
    row = f"{row}, zone {zone_id}"
    if str(kind) not in get_args(ZoneKind):
        raise ProjectError(
            "a zone has an unknown kind", found=str(kind), where=row, remedy="use a kind that the guide lists"
        )
    if geometry is None or geometry.is_empty or geometry.geom_type not in {"Polygon", "MultiPolygon"}:
        raise ProjectError(
            "a zone is not a polygon",
            found="no geometry" if geometry is None else geometry.geom_type,
            where=row,
            remedy="draw it as a polygon",
        )
    geometry = shapely.force_2d(geometry)
    if not geometry.is_valid:
        raise ProjectError(
            "a zone's polygon is not valid",
            found=explain_validity(geometry),
            where=row,
            remedy="mend the ring at that point (a bow-tie: exchange two corners); silent repair would move hectares",
        )
    geometry = in_lonlat(geometry, transformer, what="a zone", where=row)
    name = spec.zone_name or (properties.get(spec.name_field) if spec.name_field else None) or zone_id
    partner = properties.get(spec.partner_field) if spec.partner_field else None
    return Zone(
        str(zone_id),
        str(kind),
        str(name),
        str(partner) if partner else None,
        geometry,
        spec.version,
        spec.illustrative,
        spec.file,
        feature,
        sha256,
    )


def in_lonlat(geometry: BaseGeometry, transformer: Transformer | None, *, what: str, where: str) -> BaseGeometry:
    """Return a flat geometry of a map in longitude and latitude.

    Args:
        geometry: In the coordinates of the map.
        transformer: From these to longitude and latitude; None where they are that already.
        what: What is drawn, for messages.
        where: Its place, for messages.

    Raises:
        ProjectError: It lies outside longitude and latitude.
    """
    if transformer is not None:
        geometry = shapely.transform(geometry, lambda xy: _to_lonlat(transformer, xy))
    west, south, east, north = geometry.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise ProjectError(
            f"{what} lies outside lon/lat",
            expected="longitudes within 180, latitudes within 90",
            found=f"{geometry.bounds}",
            where=where,
            remedy="the file does not declare its CRS: coordinates look projected; export it in EPSG:4326 or declare the CRS",
        )
    return geometry


def _to_lonlat(transformer: Transformer, coordinates: Any) -> Any:
    x, y = transformer.transform(coordinates[:, 0], coordinates[:, 1])
    return shapely.get_coordinates(shapely.points(x, y))


def _topology(zones: Sequence[Zone], files: set[str]) -> Iterator[ProjectError]:
    where = ", ".join(sorted(files))
    ids = [zone.zone_id for zone in zones]
    for zone_id in sorted({name for name in ids if ids.count(name) > 1}):
        yield ProjectError(
            "two zones have the same id", found=zone_id, where=where, remedy="give each zone its own stable id"
        )
    by_kind: dict[str, list[Zone]] = {}
    for zone in zones:
        by_kind.setdefault(zone.kind, []).append(zone)
    pairs = [pair for kind in KINDS_WITHOUT_OVERLAP for pair in combinations(by_kind.get(kind, []), 2)]
    pairs += [(a, b) for a in by_kind.get("project_area", []) for b in by_kind.get("leakage_belt", [])]
    for one, other in pairs:
        shared = shapely.intersection(one.geometry, other.geometry)
        if shared.area and (area_ha := geodesic_area_ha(_polygonal(shared))) > SLIVER_HA:
            point = shared.representative_point()
            yield ProjectError(
                "two zones overlap",
                expected=f"at most {SLIVER_HA} ha shared",
                found=f"{area_ha} ha shared near {point.x:.5f}, {point.y:.5f}",
                where=f"{one.file}: {one.kind} {one.zone_id} and {other.kind} {other.zone_id}",
                remedy="move the common border so that each hectare is counted once",
            )
    for kind, container_kind in INSIDE.items():
        container = by_kind.get(container_kind)
        if not container:
            continue
        whole = shapely.union_all([zone.geometry for zone in container])
        for zone in by_kind.get(kind, []):
            outside = shapely.difference(zone.geometry, whole)
            if outside.area and (area_ha := geodesic_area_ha(_polygonal(outside))) > SLIVER_HA:
                yield ProjectError(
                    f"a zone lies outside the {container_kind}",
                    expected=f"{kind} within {container_kind}",
                    found=f"{area_ha} ha outside",
                    where=f"{zone.file}, feature {zone.feature}, zone {zone.zone_id}",
                    remedy="mend one of the two boundaries",
                )


def _polygonal(geometry: BaseGeometry) -> BaseGeometry:
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type in {"Polygon", "MultiPolygon"}]
    return shapely.union_all(parts) if parts else shapely.Polygon()
