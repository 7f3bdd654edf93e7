"""Scenes over the small project's area with known reflectances, and their STAC items, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine

CRS, WEST, NORTH, PIXEL, SIDE = "EPSG:32718", 250_000, 9_220_000, 100, 350
ROWS, COLUMNS = np.mgrid[0:SIDE, 0:SIDE]
CLEAR = {"sentinel-2-l2a": 4, "landsat-c2-l2": 21824}
NAMES = {
    "sentinel-2-l2a": {"red": "red", "nir": "nir", "swir22": "swir22", "mask": "scl"},
    "landsat-c2-l2": {"red": "red", "nir": "nir08", "swir22": "swir22", "mask": "qa_pixel"},
}


def collection(name: str) -> dict[str, Any]:
    extent = {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [["2013-01-01T00:00:00Z", None]]}}
    return {"id": name, "type": "Collection", "stac_version": "1.0.0", "description": name, "license": "proprietary",
            "links": [], "extent": extent}  # fmt: skip


def item(
    scene_id: str, day: str, *, images: str, collection: str = "sentinel-2-l2a", **properties: Any
) -> dict[str, Any]:
    """Return an item of a scene of the whole extent; `bands` among the properties are what its assets say of their numbers."""
    bands = properties.pop("bands", None)
    to_lonlat = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    far = SIDE * PIXEL
    ring = [to_lonlat.transform(WEST + x, NORTH - y) for x, y in ((0, far), (far, far), (far, 0), (0, 0), (0, far))]
    longitudes, latitudes = zip(*ring, strict=True)
    assets: dict[str, Any] = {
        name: {
            "href": f"{images}/{scene_id}-{role}.tif",
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
        }
        | ({"raster:bands": bands} if bands and role != "mask" else {})
        for role, name in NAMES[collection].items()
    }
    return {
        "id": scene_id, "type": "Feature", "stac_version": "1.0.0", "collection": collection, "links": [], "assets": assets,
        "geometry": {"type": "Polygon", "coordinates": [[list(corner) for corner in ring]]},
        "bbox": [min(longitudes), min(latitudes), max(longitudes), max(latitudes)],
        "properties": {"datetime": f"{day}T15:30:00Z", "eo:cloud_cover": 10, **properties},
    }  # fmt: skip


def sentinel(scene_id: str, day: str, baseline: str, *, images: str, **properties: Any) -> dict[str, Any]:
    named = {
        "s2:processing_baseline": baseline,
        "grid:code": f"MGRS-{scene_id.split('_')[1]}",
        "platform": "sentinel-2a",
    }
    return item(scene_id, day, images=images, **named, **properties)


def landsat(scene_id: str, *, images: str, **properties: Any) -> dict[str, Any]:
    _, _, place, day, _, _, tier = scene_id.split("_")
    named = {"landsat:wrs_path": place[:3], "landsat:wrs_row": place[3:], "landsat:collection_category": tier}
    day = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    return item(scene_id, day, images=images, collection="landsat-c2-l2", **named, **properties)


def write_bands(folder: Path, scene_id: str, *, mask: NDArray[Any] | None = None, **numbers: Any) -> None:
    """Write the bands of a scene: digital numbers as one value or as an array."""
    code = CLEAR["sentinel-2-l2a" if scene_id.startswith("S2") else "landsat-c2-l2"]
    arrays = {role: np.broadcast_to(value, (SIDE, SIDE)).astype(np.uint16) for role, value in numbers.items()}
    kind = np.uint8 if scene_id.startswith("S2") else np.uint16
    arrays["mask"] = np.full((SIDE, SIDE), code, dtype=kind) if mask is None else mask.astype(kind)
    for role, values in arrays.items():
        profile = {"driver": "COG", "height": SIDE, "width": SIDE, "count": 1, "dtype": values.dtype.name, "crs": CRS,
                   "transform": Affine(PIXEL, 0, WEST, 0, -PIXEL, NORTH), "nodata": None if role == "mask" else 0}  # fmt: skip
        with rasterio.open(folder / f"{scene_id}-{role}.tif", "w", **profile) as dataset:
            dataset.write(values, 1)
