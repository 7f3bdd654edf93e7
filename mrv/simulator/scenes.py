"""Sentinel-2 scenes of the landscape, and the items by which a STAC API would list them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine

from mrv.boundaries import Zone
from mrv.project_scenes import Stac
from mrv.simulator.landscape import BASE_YEAR, NORTH_DEG, PIXELS_PER_DEG, WEST_DEG, Landscape
from raster.scenes import scene_grid

ITEMS, IMAGES = "items.json", "images"
IMAGE_HOST = "https://images.invalid"
"""Items name a host that does not exist, so that their bytes do not depend on a port; a mirror has the images."""
TILE = "18MTS"
DAYS = (9, 34, 59)
"""Days of a composite on which the satellite passes; on the last one the sky is covered."""
CLOUDS = (12.4, 21.9, 97.3)
FOREST_PERCENT = 30
NUMBERS = {
    "forest": (260, 3300, 700),
    "cleared": (1250, 2350, 2100),
    "regrowing": (650, 2900, 1450),
    "water": (320, 160, 90),
}
"""Digital numbers of red, near infrared and 2.2 um, without ESA's offset."""
SCL_VEGETATION, SCL_WATER, SCL_CLOUD = 4, 6, 9
NOISE = 40


def write_scenes(landscape: Landscape, zones: Sequence[Zone], spec: Stac, *, crs: str, folder: Path) -> None:
    """Write items and images of each composite of a source; the bytes depend on landscape, zones and source alone.

    Args:
        landscape: What the satellite sees.
        zones: Zones of the project; scenes reach over those that the source asks for.
        spec: The source.
        crs: Coordinate system of the scenes.
        folder: Where `items.json` and the folder of images go.
    """
    (folder / IMAGES).mkdir(parents=True, exist_ok=True)
    boxes = [zone.geometry.bounds for zone in zones if not spec.zone_kinds or zone.kind in spec.zone_kinds]
    lattice, window = scene_grid(boxes, crs=crs, resolution_m=spec.resolution_m)
    size, west, north = spec.resolution_m, int(lattice.west), int(lattice.north)
    columns = west + (np.arange(window.width) + 0.5) * size
    rows = north - (np.arange(window.height) + 0.5) * size
    x, y = np.meshgrid(columns, rows)
    longitude, latitude = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    row = np.floor((NORTH_DEG - latitude) * PIXELS_PER_DEG).astype(np.int64) - landscape.row
    column = np.floor((longitude - WEST_DEG) * PIXELS_PER_DEG).astype(np.int64) - landscape.column
    row, column = (
        np.clip(place, 0, limit - 1) for place, limit in zip((row, column), landscape.tree_cover.shape, strict=True)
    )
    box = (float(longitude.min()), float(latitude.min()), float(longitude.max()), float(latitude.max()))
    items = []
    for composite in spec.composites:
        kinds = _kinds(landscape, row, column, year=composite.start.year)
        for number, (days, cloud) in enumerate(zip(DAYS, CLOUDS, strict=True)):
            day = composite.start + timedelta(days=days)
            if day > composite.end:
                continue
            item = _item(spec, day, cloud=cloud, box=box)
            items.append(item)
            if cloud <= spec.max_cloud_percent:
                rng = np.random.Generator(np.random.PCG64([landscape.seed, day.toordinal()]))
                bands = _bands(kinds, rng, shift=number)
                transform = Affine(size, 0, west, 0, -size, north)
                for role, values in bands.items():
                    _write(folder / IMAGES / f"{item['id']}_{role}.tif", values, transform=transform, crs=crs)
    content = {"url": spec.url, "items": items}
    (folder / ITEMS).write_text(json.dumps(content, indent=1), encoding="utf-8")


def _kinds(
    landscape: Landscape, row: NDArray[Any], column: NDArray[Any], *, year: int
) -> Mapping[str, NDArray[np.bool_]]:
    """Return where each kind of surface is in the middle of a year: what is lost in it is gone in every second square."""
    lost = landscape.loss_year[row, column].astype(np.int64) + BASE_YEAR
    lost[lost == BASE_YEAR] = year + 1
    lost[(lost == year) & ((row // 64 + column // 64) % 2 == 1)] = year + 1
    water = landscape.datamask[row, column] == 2
    forest = (landscape.tree_cover[row, column] > FOREST_PERCENT) & (lost > year) & ~water
    cleared = (lost <= year) & (lost > year - 2) & ~water
    return {"forest": forest, "cleared": cleared, "water": water, "regrowing": ~(forest | cleared | water)}


def _bands(kinds: Mapping[str, NDArray[np.bool_]], rng: np.random.Generator, *, shift: int) -> dict[str, NDArray[Any]]:
    shape = kinds["forest"].shape
    bands: dict[str, NDArray[Any]] = {}
    for position, role in enumerate(("red", "nir", "swir22")):
        numbers = rng.integers(-NOISE, NOISE + 1, shape)
        for kind, where in kinds.items():
            numbers[where] += NUMBERS[kind][position]
        bands[role] = np.maximum(numbers, 1).astype(np.uint16)
    mask = np.where(kinds["water"], SCL_WATER, SCL_VEGETATION).astype(np.uint8)
    # A bank of cloud moves on from day to day by half its width: a part of the land is never seen.
    width = max(2, shape[1] // 3)
    mask[:, shift * width // 2 : shift * width // 2 + width] = SCL_CLOUD
    for role in ("red", "nir", "swir22"):
        bands[role][mask == SCL_CLOUD] = 7000
    return {**bands, "scl": mask}


def _item(spec: Stac, day: date, *, cloud: float, box: tuple[float, float, float, float]) -> dict[str, Any]:
    west, south, east, north = (round(value, 6) for value in box)
    scene_id = f"S2A_{TILE}_{day:%Y%m%d}_0_L2A"
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": scene_id,
        "collection": spec.collections[0],
        "bbox": [west, south, east, north],
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {
            "datetime": f"{day}T15:26:41Z",
            "platform": "sentinel-2a",
            "eo:cloud_cover": cloud,
            "grid:code": f"MGRS-{TILE}",
            "s2:processing_baseline": "05.09",
            "earthsearch:boa_offset_applied": True,
            "created": f"{day + timedelta(days=1)}T03:00:00Z",
        },
        "assets": {
            role: {
                "href": f"{IMAGE_HOST}/{scene_id}_{role}.tif",
                "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            }
            for role in ("red", "nir", "swir22", "scl")
        },
        "links": [],
    }


def _write(path: Path, values: NDArray[Any], *, transform: Affine, crs: str) -> None:
    profile = {
        "driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1, "dtype": values.dtype.name,
        "crs": crs, "transform": transform, "nodata": 0, "tiled": True, "blockxsize": 512, "blockysize": 512,
        "compress": "DEFLATE",
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        target.write(values, 1)
