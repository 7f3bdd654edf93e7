"""The rasters of a package as a STAC 1.1 collection: one item per raster, with place, bands, codes and checksum."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from mrv.errors import PackageError
from mrv.package.bag import Entry
from mrv.package.contents import Contents
from mrv.package.staging import Staging
from mrv.raster_facts import RasterFacts

if TYPE_CHECKING:
    from pystac import Asset, Item

FOLDER = "data/stac"
COLLECTION = "collection.json"
COG = "image/tiff; application=geotiff; profile=cloud-optimized"
SHA256_MULTIHASH = "1220"
"""How a multihash of SHA-256 begins: its code, and its 32 bytes."""
TIME = (
    "The time of an item is that of its data where the platform knows it (years of a product, days of scenes), else the monitoring "
    "period for which it was made. La fecha de cada elemento es la de sus datos donde la plataforma la conoce (años de un producto, "
    "días de las escenas) y, si no, el período de monitoreo para el que se hizo."
)


def write_stac(staging: Staging, contents: Contents) -> None:
    """Write `data/stac/collection.json` and one item per raster; nothing where the package has no rasters.

    Raises:
        PackageError: A raster has no facts, or facts have no raster.
    """
    facts = contents.raster_facts
    if not facts:
        return
    if facts.keys() != contents.rasters.keys():
        raise PackageError(
            "facts of rasters are not those of the package's rasters",
            found=", ".join(sorted(facts.keys() ^ contents.rasters.keys())),
            remedy="hand in the facts of each raster",
        )
    items = {
        name: _item(name, facts[name], staging.entries[f"data/rasters/{name}.tif"], contents) for name in sorted(facts)
    }
    staging.write_json(f"{FOLDER}/{COLLECTION}", _collection(items, contents))
    for name, item in items.items():
        staging.write_json(f"{FOLDER}/{name}.json", item.to_dict(include_self_link=False, transform_hrefs=False))


def _item(name: str, facts: RasterFacts, entry: Entry, contents: Contents) -> Item:
    from pystac import Asset, Item, Link
    from pystac.extensions.file import FileExtension
    from pystac.extensions.projection import ProjectionExtension

    start, end = _span(*contents.raster_days.get(name, (contents.period_start, contents.period_end)))
    longitudes, latitudes = zip(*facts.footprint, strict=True)
    item = Item(
        id=name,
        geometry={"type": "Polygon", "coordinates": [[list(point) for point in facts.footprint]]},
        bbox=[min(longitudes), min(latitudes), max(longitudes), max(latitudes)],
        datetime=None,
        start_datetime=start,
        end_datetime=end,
        properties={"created": contents.created_at, "description": _about(contents)},
        collection=contents.name,
    )
    ProjectionExtension.ext(item, add_if_missing=True).apply(
        code=f"EPSG:{facts.epsg}", shape=[*facts.shape], transform=[*facts.transform]
    )
    asset = Asset(f"../rasters/{name}.tif", title=name, media_type=COG, roles=["data"])
    item.add_asset("data", asset)
    FileExtension.ext(asset, add_if_missing=True).apply(size=entry.bytes, checksum=SHA256_MULTIHASH + entry.sha256)
    asset.extra_fields["bands"] = [_band(band.name, band.data_type, band.nodata) for band in facts.bands]
    _add_classes(asset, facts.classes)
    for relation in ("root", "parent", "collection"):
        item.add_link(Link(relation, f"./{COLLECTION}", "application/json"))
    return item


def _band(name: str, data_type: str, nodata: float | None) -> dict[str, Any]:
    # Whole numbers are written without a point; JSON has no word for what is no number but this one.
    value: float | int | str | None = nodata
    if nodata is not None:
        value = "nan" if nodata != nodata else int(nodata) if nodata.is_integer() else nodata
    return {"name": name, "data_type": data_type, **({} if value is None else {"nodata": value})}


def _add_classes(asset: Asset, classes: Mapping[int, str]) -> None:
    from pystac.extensions.classification import Classification, ClassificationExtension

    if classes:
        listed = [
            Classification.create(value=code, name=f"class-{code}", description=text)
            for code, text in sorted(classes.items())
        ]
        ClassificationExtension.ext(asset, add_if_missing=True).apply(classes=listed)


def _collection(items: Mapping[str, Item], contents: Contents) -> dict[str, Any]:
    from pystac import Collection, Extent, Link, SpatialExtent, TemporalExtent

    boxes = [item.bbox for item in items.values() if item.bbox is not None]
    west, south, east, north = zip(*boxes, strict=True)
    collection = Collection(
        id=contents.name,
        title=f"{contents.project.name}: rasters of {contents.period_start} to {contents.period_end}",
        description=f"{_about(contents)} {TIME}",
        extent=Extent(
            SpatialExtent([[min(west), min(south), max(east), max(north)]]),
            TemporalExtent([[*_span(*_whole(contents))]]),
        ),
        license="other",
    )
    collection.add_link(Link("root", f"./{COLLECTION}", "application/json"))
    for name in items:
        collection.add_link(Link("item", f"./{name}.json", "application/geo+json"))
    return collection.to_dict(include_self_link=False, transform_hrefs=False)


def _about(contents: Contents) -> str:
    simulated = " Simulated data. Datos simulados." if contents.project.simulated else ""
    return f"{contents.project.name}, {contents.period_id}.{simulated}"


def _whole(contents: Contents) -> tuple[date, date]:
    """Return the first and the last day that any raster tells of."""
    spans = [(contents.period_start, contents.period_end), *contents.raster_days.values()]
    return min(first for first, _ in spans), max(last for _, last in spans)


def _span(first: date, last: date) -> tuple[datetime, datetime]:
    """Return the first and the last second of days, in UTC."""
    return datetime.combine(first, time(), UTC), datetime.combine(last, time(23, 59, 59), UTC)
