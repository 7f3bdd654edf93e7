"""Layers of the map, from what a package publishes and nothing else: zones, patches and picture of loss, alerts, fires."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import shapely
from PIL import Image
from shapely.geometry import mapping, shape

from mrv.dataroom.catalogue import NotFoundError, Package
from mrv.dataroom.kept import Kept, kept
from mrv.errors import DataRoomError
from mrv.package.vectors import FOLDER
from mrv.package.wording import kind_name

MAX_BYTES = 2_000_000
"""Largest layer as it is; browsers get it compressed to less than a quarter.

Of points the largest are kept, of outlines the corners that count; how much was left out is told.
"""
_TOLERANCES = (0.0, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01)
"""Degrees by which outlines are simplified until they are small enough."""
_DIGITS = 5
_PICTURE, _PICTURE_ITEM = "data/rasters/forest_loss_year.tif", "data/stac/forest_loss_year.json"
_PICTURE_SIDE = 1400
_MAX_PIXELS = 400_000_000
_EARLIER, _OF_YEAR, _FOREST = (217, 147, 43, 150), (200, 62, 20, 255), (23, 105, 76, 70)
FIRST_YEAR = 2000
"""The raster of loss counts years from here: 1 is 2001."""
_FOREST_CLASS = 254

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Layer:
    """A layer as GeoJSON.

    Attributes:
        content: Its bytes.
        count: Features in it.
        left_out: Features that are not in it for want of room, the smallest ones.
        tolerance_degrees: By how much outlines were simplified.
    """

    content: bytes
    count: int
    left_out: int = 0
    tolerance_degrees: float = 0.0

    @property
    def etag(self) -> str:
        """Validator: the hash of the bytes, weak, for they go out compressed or not."""
        return f'W/"{hashlib.sha256(self.content).hexdigest()}"'

    @cached_property
    def compressed(self) -> bytes:
        """The same, by gzip."""
        return gzip.compress(self.content, 6, mtime=0)


def layer(package: Package, name: str) -> Layer:
    """Return a layer; one that a package has no table for is empty.

    Args:
        package: The package.
        name: One of `LAYERS`.

    Raises:
        NotFoundError: There is no such layer.
    """
    if name not in LAYERS:
        raise NotFoundError("there is no such layer", found=name, expected=", ".join(LAYERS))
    return _layer(kept(package), name)


@lru_cache(maxsize=32)
def _layer(key: Kept, name: str) -> Layer:
    return LAYERS[name](key.package)


def _zones(package: Package) -> Layer:
    path = f"{FOLDER}/zones.geojson"
    if not _has(package, path):
        return _collection([])
    features = json.loads(package.read(path))["features"]
    for tolerance in _TOLERANCES:
        made = _collection(_zone(feature, tolerance) for feature in features)
        if len(made.content) <= MAX_BYTES:
            return Layer(made.content, made.count, tolerance_degrees=tolerance)
    raise DataRoomError(
        "the outlines of the zones are too large for a map",
        expected=f"at most {MAX_BYTES} bytes, simplified to {_TOLERANCES[-1]} degrees",
        found=f"{len(made.content)} bytes",
        where=package.name,
        remedy=f"open {path} in a GIS",
    )


def _zone(feature: Mapping[str, Any], tolerance: float) -> dict[str, Any]:
    outline = shape(feature["geometry"])
    simple = shapely.simplify(outline, tolerance, preserve_topology=True) if tolerance else outline
    point, properties = outline.representative_point(), feature["properties"]
    kind = kind_name(properties["kind"])
    told = {name: properties[name] for name in ("zone_id", "kind", "zone_name", "partner", "area_ha", "illustrative")}
    return {
        "type": "Feature",
        "id": feature["id"],
        "properties": {**told, "kind_en": kind.en, "kind_es": kind.es, "label_at": _rounded((point.x, point.y))},
        "geometry": _rounded_geometry(mapping(simple)),
    }


def _rounded_geometry(geometry: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": geometry["type"], "coordinates": _deep(geometry["coordinates"])}


def _deep(value: Any) -> Any:
    return round(value, _DIGITS) if isinstance(value, float) else [_deep(each) for each in value]


def _rounded(point: Sequence[float]) -> list[float]:
    return [round(float(part), _DIGITS) for part in point]


def _loss(package: Package) -> Layer:
    names = ("loss_year", "patch_area_ha", "driver_hint_en", "driver_hint_es")
    patches = {row["patch_id"]: row for row in _rows(package, "loss_patches", ("patch_id", *names, *_PLACE))}
    return _points(patches.values(), names, by="patch_area_ha")


def _alerts(package: Package) -> Layer:
    names = ("first_alert", "last_alert", "confidence", "area_ha")
    return _points(_rows(package, "alert_clusters", (*names, *_PLACE)), names, by="area_ha")


def _fires(package: Package) -> Layer:
    names = ("first_seen_at_utc", "confidence", "detection_count", "highest_frp_mw")
    fires = (row for row in _rows(package, "fire_events", (*names, "is_vegetation", *_PLACE)) if row["is_vegetation"])
    return _points(fires, names, by="highest_frp_mw")


_PLACE = ("longitude", "latitude")
LAYERS: Mapping[str, Callable[[Package], Layer]] = {"zones": _zones, "loss": _loss, "alerts": _alerts, "fires": _fires}
"""Name of a layer to what makes it."""


def _rows(package: Package, mart: str, columns: Iterable[str]) -> Iterator[Row]:
    """Yield rows of a mart whose place is published; none where the package has no such mart or lacks its columns."""
    try:
        table = package.table(mart)
    except NotFoundError:
        return
    wanted = [*columns]
    if {*wanted} <= {*table.column_names}:
        yield from (row for row in table.select(wanted).to_pylist() if row["longitude"] is not None)


def _points(rows: Iterable[Row], names: Sequence[str], *, by: str) -> Layer:
    ordered = sorted(rows, key=lambda row: (-(row[by] or 0), row["longitude"], row["latitude"]))
    lines: list[bytes] = []
    room = MAX_BYTES - 100
    for row in ordered:
        line = _json(_point(row, names))
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
    content = b'{"type":"FeatureCollection","features":[' + b",".join(lines) + b"]}"
    return Layer(content, len(lines), left_out=len(ordered) - len(lines))


def _point(row: Row, names: Sequence[str]) -> dict[str, Any]:
    place = _rounded((row["longitude"], row["latitude"]))
    return {
        "type": "Feature",
        "properties": {name: _plain(row[name]) for name in names},
        "geometry": {"type": "Point", "coordinates": place},
    }


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, int | str | bool):
        return value
    # Moments as days: what a reader filters by.
    return value.isoformat()[:10] if hasattr(value, "isoformat") else float(value)


def _collection(features: Iterable[Mapping[str, Any]]) -> Layer:
    found = list(features)
    return Layer(_json({"type": "FeatureCollection", "features": found}), len(found))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _has(package: Package, path: str) -> bool:
    return any(file.path == path for file in package.files.values())


@dataclass(frozen=True)
class Picture:
    """The picture of loss: its four corners from the upper left, clockwise, and the years that it tells apart."""

    corners: Sequence[Sequence[float]]
    years: Sequence[int]


def picture_of(package: Package) -> Picture | None:
    """Return where the picture of loss lies; None where the package has no raster of it in degrees."""
    if not (_has(package, _PICTURE) and _has(package, _PICTURE_ITEM)):
        return None
    item = json.loads(package.read(_PICTURE_ITEM))
    said = item["properties"]
    step_x, skew_x, west, skew_y, step_y, north = said["proj:transform"][:6]
    if said["proj:code"] != "EPSG:4326" or skew_x or skew_y:
        return None
    rows, columns = said["proj:shape"]
    east, south = west + columns * step_x, north + rows * step_y
    classes = [each["value"] for each in item["assets"]["data"].get("classification:classes", [])]
    years = [FIRST_YEAR + value for value in classes if 0 < value < 100]
    # Stretched along a screen of Mercator's: over two degrees near the equator that is less than a pixel of this picture.
    return Picture([_rounded(each) for each in ((west, north), (east, north), (east, south), (west, south))], years)


def draw_loss(package: Package, year: int) -> bytes:
    """Return the picture as PNG: forest, loss of a year, and loss of the years before it.

    Raises:
        NotFoundError: The package has no such picture, or the picture no such year.
    """
    picture = picture_of(package)
    if picture is None or year not in picture.years:
        raise NotFoundError("there is no picture of loss of that year", found=str(year), where=package.name)
    return _drawn(kept(package), year)


@lru_cache(maxsize=32)
def _drawn(key: Kept, year: int) -> bytes:
    indexed = _overview(key).copy()
    colours = dict.fromkeys(range(1, year - FIRST_YEAR), _EARLIER)
    colours |= {year - FIRST_YEAR: _OF_YEAR, _FOREST_CLASS: _FOREST}
    clear = (0, 0, 0, 0)
    table = [colours.get(value, _FOREST if year - FIRST_YEAR < value < 100 else clear) for value in range(256)]
    indexed.putpalette([part for colour in table for part in colour], "RGBA")
    out = io.BytesIO()
    indexed.save(out, "PNG", optimize=True)
    return out.getvalue()


@lru_cache(maxsize=4)
def _overview(key: Kept) -> Image.Image:
    """Return the overview of the raster that a screen needs: a COG holds it at several sizes."""
    raster = Image.open(io.BytesIO(key.package.read(_PICTURE)), formats=["TIFF"])
    if raster.width * raster.height > _MAX_PIXELS or raster.mode not in ("P", "L"):
        raise NotFoundError("the raster of loss cannot be drawn", found=f"{raster.size}, {raster.mode}", where=key.name)
    frames = getattr(raster, "n_frames", 1)
    for frame in range(frames):
        raster.seek(frame)
        if max(raster.size) <= _PICTURE_SIDE:
            break
    raster.thumbnail((_PICTURE_SIDE, _PICTURE_SIDE), Image.Resampling.NEAREST)
    return Image.frombytes("P", raster.size, raster.tobytes())


def numbers(package: Package) -> list[dict[str, Any]]:
    """Return what is told of each zone: one row a zone, numbers as the marts have them, None where nothing was measured."""
    fires = {row["zone_id"]: row for row in _all(package, "fires_period")}
    alerts = {row["zone_id"]: row for row in _all(package, "alert_clusters_by_zone")}
    loss: dict[str, dict[int, Any]] = {}
    for row in _all(package, "deforestation_annual"):
        loss.setdefault(row["zone_id"], {})[row["year"]] = row["area_ha"]
    areas = {row["zone_id"]: row for row in _all(package, "zones")}
    found = []
    for feature in json.loads(layer(package, "zones").content)["features"]:
        zone_id, said = feature["id"], feature["properties"]
        found.append(
            {
                **{name: said[name] for name in ("zone_id", "kind", "kind_en", "kind_es", "zone_name", "illustrative")},
                "area_ha": areas.get(zone_id, {}).get("area_ha"),
                "loss_ha": loss.get(zone_id, {}),
                "fire_count": fires.get(zone_id, {}).get("distinct_fire_count"),
                "alert_cluster_count": alerts.get(zone_id, {}).get("cluster_count"),
                "alert_area_ha": alerts.get(zone_id, {}).get("area_ha"),
            }
        )
    return found


def _all(package: Package, mart: str) -> list[Row]:
    try:
        rows: list[Row] = package.table(mart).to_pylist()
    except NotFoundError:
        return []
    return rows
