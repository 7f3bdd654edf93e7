"""STAC items to scenes: what an item must say before its pixels may be read, and what its numbers mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from mrv.ledger import content_key
from mrv.project_scenes import LANDSAT, SENTINEL_2

Sensor = Literal["sentinel-2", "landsat"]
ROLES = ("red", "nir", "swir22", "mask")

SCALE = {"sentinel-2": Decimal("0.0001"), "landsat": Decimal("0.0000275")}
LANDSAT_OFFSET = Decimal("-0.2")
SENTINEL_2_OFFSET = Decimal("-0.1")
"""ESA adds 1000 to the digital numbers from processing baseline 04.00 on, so that dark surfaces need not be negative."""
OFFSET_BASELINE = (4, 0)
OFFSET_FLAGS = ("earthsearch:boa_offset_applied", "sentinel:boa_offset_applied")
ASSETS: Mapping[Sensor, Mapping[str, tuple[str, ...]]] = {
    "sentinel-2": {
        "red": ("red", "B04", "B04_10m"),
        "nir": ("nir", "B08", "B08_10m"),
        "swir22": ("swir22", "B12", "B12_20m"),
        "mask": ("scl", "SCL", "SCL_20m"),
    },
    "landsat": {"red": ("red",), "nir": ("nir08",), "swir22": ("swir22",), "mask": ("qa_pixel",)},
}
"""Where catalogues keep each band; `mask` is the scene classification (SCL) or QA_PIXEL."""
TIERS = {"T1": 2, "T2": 1}

_VERSION = re.compile(r"1\.\d+\.\d+")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_BASELINE = re.compile(r"(\d{2})\.(\d{2})")
_MGRS = re.compile(r"(\d{1,2})([C-X])([A-Z]{2})")
_LANDSAT_ID = re.compile(r"L[COTEM]\d{2}_L2S[PR]_(\d{3})(\d{3})_\d{8}(?:_(\d{8}))?_02_(T1|T2|RT)(?:_SR)?")


class UnusableItemError(ValueError):
    """An item whose pixels would be misread; the text says why."""


@dataclass(frozen=True)
class Scene:
    """One item of a search.

    Attributes:
        scene_id: Id of the item.
        collection: Its collection.
        sensor: Which rules its numbers follow.
        acquired_at: When it was taken, UTC.
        item_sha256: Hash of the item's canonical JSON without its links, which name the host that served it.
        problem: Why its pixels cannot be used, if so; what follows may then be missing.
        platform: Satellite.
        tile: MGRS tile, or WRS-2 path and row.
        cloud_percent: Cloud cover as the provider estimates it.
        version: Processing baseline of Sentinel-2, or collection category of Landsat.
        processed_at: When this version was made.
        offset_applied: Whether the provider has taken Sentinel-2's offset out of the pixels already.
        offset: What must be added to digital number times scale.
        assets: Address of each band that was found, by its role.
    """

    scene_id: str
    collection: str
    sensor: Sensor
    acquired_at: datetime
    item_sha256: str
    problem: str | None = None
    platform: str | None = None
    tile: str | None = None
    cloud_percent: Decimal | None = None
    version: str | None = None
    processed_at: datetime | None = None
    offset_applied: bool | None = None
    offset: Decimal | None = None
    assets: Mapping[str, str] | None = None

    @property
    def scale(self) -> Decimal:
        """Reflectance of one digital number."""
        return SCALE[self.sensor]

    @property
    def rank(self) -> tuple[Any, ...]:
        """Order among copies of one scene: the last is the best; equal ranks cannot be, since ids differ."""
        made = self.processed_at.isoformat() if self.processed_at else ""
        if self.sensor == "landsat":
            return (TIERS.get(self.version or "", 0), made, self.scene_id)
        return (_baseline(self.version or ""), made, self.scene_id)


def read_item(item: Mapping[str, Any]) -> Scene:
    """Read an item of the collections of `mrv.project_scenes`.

    Args:
        item: The item as received.

    Returns:
        The scene; one whose pixels would be misread carries its `problem`.

    Raises:
        UnusableItemError: It is no item that could even be listed: of an old STAC version, or without id or time.
    """
    version = item.get("stac_version")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise UnusableItemError(
            f"it is of STAC version {version!r}, not 1.x: since then bands, platform and assets have other names and places. "
            "Take the scene from an API that serves its collection as STAC 1.x"
        )
    properties, scene_id, collection = item.get("properties"), item.get("id"), item.get("collection")
    if not isinstance(properties, Mapping) or not isinstance(scene_id, str) or not _ID.fullmatch(scene_id):
        raise UnusableItemError("it has no properties, or no id of letters, digits, dots, dashes and underscores")
    if collection not in SENTINEL_2 + LANDSAT:
        raise UnusableItemError(f"its collection is {collection!r}, not {', '.join(SENTINEL_2 + LANDSAT)}")
    acquired = _moment(properties.get("datetime"))
    if acquired is None:
        raise UnusableItemError(f"its datetime is {properties.get('datetime')!r}, not a date and time in ISO 8601")
    scene = Scene(
        scene_id=scene_id,
        collection=collection,
        sensor="sentinel-2" if collection in SENTINEL_2 else "landsat",
        acquired_at=acquired,
        item_sha256=content_key({key: value for key, value in item.items() if key != "links"}),
        platform=_text(properties.get("platform")),
        cloud_percent=_percent(properties.get("eo:cloud_cover")),
    )
    try:
        scene = _sentinel_2(scene, properties) if scene.sensor == "sentinel-2" else _landsat(scene, properties)
        return replace(scene, assets=_assets(scene, item))
    except UnusableItemError as error:
        return replace(scene, problem=str(error))


def _sentinel_2(scene: Scene, properties: Mapping[str, Any]) -> Scene:
    baseline = _text(properties.get("s2:processing_baseline") or properties.get("processing:version"))
    found = _BASELINE.fullmatch(baseline or "")
    if not found:
        raise UnusableItemError(f"its processing baseline is {baseline!r}, so that its offset is not known")
    flags = [properties[name] for name in OFFSET_FLAGS if name in properties]
    if any(not isinstance(flag, bool) for flag in flags) or len(set(flags)) > 1:
        raise UnusableItemError("its flag for an applied offset is neither true nor false")
    # Before 04.00 there is no offset, whatever the flag says.
    applied = any(flags) if _baseline(found[0]) >= OFFSET_BASELINE else None
    return replace(
        scene,
        tile=_mgrs_tile(properties),
        version=found[0],
        processed_at=_first_moment(properties, "s2:generation_time", "processing:datetime", "created"),
        offset_applied=applied,
        offset=SENTINEL_2_OFFSET if applied is False else Decimal(0),
    )


def _baseline(text: str) -> tuple[int, int]:
    found = _BASELINE.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else (-1, -1)


def _mgrs_tile(properties: Mapping[str, Any]) -> str:
    parts = [properties.get(f"mgrs:{name}") for name in ("utm_zone", "latitude_band", "grid_square")]
    texts = (
        str(properties.get("grid:code", "")).removeprefix("MGRS-"),
        str(properties.get("s2:mgrs_tile", "")).removeprefix("T"),
        "".join(map(str, parts)),
    )
    for text in texts:
        found = _MGRS.fullmatch(text)
        if found:
            return f"{int(found[1]):02d}{found[2]}{found[3]}"
    raise UnusableItemError("it does not name its MGRS tile")


def _landsat(scene: Scene, properties: Mapping[str, Any]) -> Scene:
    found = _LANDSAT_ID.fullmatch(scene.scene_id)
    if not found:
        raise UnusableItemError("its id is not that of a Landsat Collection 2 Level-2 scene")
    path, row = (_text(properties.get(f"landsat:wrs_{name}")) for name in ("path", "row"))
    category = _text(properties.get("landsat:collection_category")) or found[4]
    if path is None or row is None or (path.zfill(3), row.zfill(3)) != (found[1], found[2]) or category != found[4]:
        raise UnusableItemError("its id and its path, row and category contradict each other")
    made = datetime.strptime(found[3], "%Y%m%d").replace(tzinfo=UTC) if found[3] else None
    return replace(
        scene,
        tile=found[1] + found[2],
        version=category,
        processed_at=made or _first_moment(properties, "created"),
        offset=LANDSAT_OFFSET,
    )


def _assets(scene: Scene, item: Mapping[str, Any]) -> dict[str, str]:
    """Return the address of each band, after a look at what its metadata say of type, scale and offset."""
    given = item.get("assets")
    assets = given if isinstance(given, Mapping) else {}
    result = {}
    for role in ROLES:
        name = next((name for name in ASSETS[scene.sensor][role] if isinstance(assets.get(name), Mapping)), None)
        href = assets[name].get("href") if name else None
        if name is None or not isinstance(href, str):
            raise UnusableItemError(f"it has no asset {' or '.join(ASSETS[scene.sensor][role])}")
        kind = str(assets[name].get("type", "")).lower()
        if "jp2" in kind or href.lower().partition("?")[0].endswith(".jp2"):
            raise UnusableItemError(f"asset {name} is JPEG 2000, not a GeoTIFF")
        if role != "mask":
            _check_declared(scene, name, assets[name])
        result[role] = href
    return result


def _check_declared(scene: Scene, name: str, asset: Mapping[str, Any]) -> None:
    """Refuse band metadata that would turn the same numbers into other reflectances.

    Catalogues that have taken the offset out of Sentinel-2's pixels say so by their flag and still copy ESA's offset into
    the band's metadata. There the flag is right; nowhere else may the two differ.
    """
    bands = asset.get("raster:bands") or asset.get("bands") or [{}]
    first = bands[0] if isinstance(bands, list) and isinstance(bands[0], Mapping) else {}
    for what, right in (("scale", scene.scale), ("offset", scene.offset)):
        said = next((place[key] for place, key in _places(asset, first, what) if place.get(key) is not None), None)
        if said is None or _number(said) == right:
            continue
        if what == "offset" and scene.offset_applied and _number(said) == SENTINEL_2_OFFSET:
            continue
        raise UnusableItemError(
            f"asset {name} declares {what} {said}, but its {'baseline' if scene.sensor == 'sentinel-2' else 'collection'} "
            f"{scene.version} has {right}"
        )


def _places(asset: Mapping[str, Any], band: Mapping[str, Any], what: str) -> list[tuple[Mapping[str, Any], str]]:
    """Return where versions of the raster extension keep a scale or an offset."""
    return [(asset, f"raster:{what}"), (band, f"raster:{what}"), (band, what)]


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _percent(value: Any) -> Decimal | None:
    number = _number(value)
    return None if number is None or not 0 <= number <= 100 else round(number, 6)


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _moment(value: Any) -> datetime | None:
    """Read a date and time; a date alone is none, because the day of a scene decides which copies are the same."""
    if not isinstance(value, str) or "T" not in value.upper():
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def _first_moment(properties: Mapping[str, Any], *names: str) -> datetime | None:
    return next((moment for name in names if (moment := _moment(properties.get(name))) is not None), None)
