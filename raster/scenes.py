"""Scenes of Sentinel-2 and Landsat on one grid: which of their pixels are clear, and reading a window of their bands."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import numpy as np
import odc.stac
import pystac
import rasterio
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from rasterio.errors import RasterioError
from rasterio.transform import Affine
from rasterio.warp import transform_bounds

from mrv.errors import GridError, InputError
from raster.grid import Bounds, Lattice, Window
from raster.reading import MAX_BLOCK_BYTES, MAX_TILE_PIXELS, gdal_environment

Sensor = Literal["sentinel-2", "landsat"]
Resampling = Literal["nearest", "bilinear", "average"]
Numbers = NDArray[np.uint16]

BANDS = ("red", "nir", "swir22", "mask")
NO_NUMBER = 0
"""Both missions write 0 where there is no pixel; in QA_PIXEL, whose fill is 1, it cannot occur within a scene."""
UNITS_PER_REFLECTANCE = 10**7
"""Scale and offset of both missions are whole numbers of this unit: 1000 and 275 of it are one digital number."""

_SCL_CLEAR = (1, 2, 4, 5, 6, 7)
_SCL_DOUBTFUL = (1, 2, 7)
"""Scene classification: saturated, dark, unclassified. Never clear: no data, shadow, cloud, cirrus, snow."""
_QA_BITS = 0b111111
"""QA_PIXEL of Landsat Collection 2: fill, dilated cloud, cirrus, cloud, cloud shadow, snow."""
_QA_CONFIDENCES = (8, 10, 12, 14)
"""First bits of the confidences of cloud, shadow, snow and cirrus: 1 low, 2 medium, 3 high."""


@dataclass(frozen=True)
class Scene:
    """One scene by its files.

    Attributes:
        scene_id: Its id, for messages and ties.
        sensor: Which mask it has.
        acquired_on: Day it was taken.
        scale: Reflectance of one digital number.
        offset: Reflectance to add.
        bands: GeoTIFF of each of `BANDS`.
    """

    scene_id: str
    sensor: Sensor
    acquired_on: date
    scale: Decimal
    offset: Decimal
    bands: Mapping[str, Path]

    @property
    def units(self) -> tuple[int, int]:
        """Scale and offset in whole units of `UNITS_PER_REFLECTANCE`.

        Raises:
            InputError: They are not whole.
        """
        values = [value * UNITS_PER_REFLECTANCE for value in (self.scale, self.offset)]
        if any(value != value.to_integral_value() for value in values) or values[0] <= 0:
            raise InputError(
                "scale and offset of a scene cannot be used",
                expected="a scale above 0; both with at most seven decimals",
                found=f"{self.scale} and {self.offset}",
                where=self.scene_id,
            )
        return int(values[0]), int(values[1])


def clear_codes(sensor: Sensor, *, strict: bool) -> NDArray[np.bool_]:
    """Return which codes of a sensor's mask band are clear land or water, shape (65536,).

    Args:
        sensor: `sentinel-2` has the scene classification (SCL), `landsat` QA_PIXEL.
        strict: Also take out what is doubtful: dark, saturated and unclassified pixels; medium confidence.
    """
    codes = np.arange(2**16)
    clear: NDArray[np.bool_]
    if sensor == "sentinel-2":
        clear = np.isin(codes, _SCL_CLEAR)
        return clear & ~np.isin(codes, _SCL_DOUBTFUL) if strict else clear
    clear = (codes != NO_NUMBER) & (codes & _QA_BITS == 0)
    for bit in _QA_CONFIDENCES:
        clear &= (codes >> bit) & 3 < (2 if strict else 3)
    return clear


@dataclass(frozen=True)
class PlacedScene:
    """A scene whose files were looked at.

    Attributes:
        scene: The scene.
        item: The scene as odc-stac reads it.
        window: The window of the grid that its pixels can reach, or None if there is none.
    """

    scene: Scene
    item: pystac.Item
    window: Window | None


def place(scene: Scene, lattice: Lattice) -> PlacedScene:
    """Check the files of a scene and find where they lie on a grid.

    Raises:
        InputError: A file is no single-band GeoTIFF of digital numbers, or declares another nodata than 0.
        GridError: A file has no coordinate system or is rotated, or the bands do not lie in one place.
    """
    places = {name: _inspect(scene.bands[name], name) for name in BANDS}
    crs, bounds = places["red"]
    for name, (other_crs, other) in places.items():
        # Bands of other resolutions end up to one coarse pixel elsewhere.
        slack = 0.01 * max(bounds[2] - bounds[0], bounds[3] - bounds[1])
        if other_crs != crs or max(abs(one - two) for one, two in zip(bounds, other, strict=True)) > slack:
            raise GridError(
                "the bands of a scene do not lie in one place",
                expected=f"{crs}, bounds {bounds}",
                found=f"{other_crs}, bounds {other}",
                where=f"{scene.bands[name]} ({scene.scene_id}, {name})",
                remedy="pull the scene again",
            )
    west, south, east, north = transform_bounds(crs, "EPSG:4326", *bounds)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    item = pystac.Item(
        scene.scene_id,
        geometry={"type": "Polygon", "coordinates": [ring]},
        bbox=[west, south, east, north],
        datetime=datetime.combine(scene.acquired_on, time(), UTC),
        properties={},
    )
    for name in BANDS:
        item.add_asset(name, pystac.Asset(str(scene.bands[name]), media_type=pystac.MediaType.GEOTIFF, roles=["data"]))
    left, bottom, right, top = transform_bounds(crs, lattice.crs, *bounds)
    columns = lattice.columns(np.array([left, right]))
    rows = lattice.rows(np.array([top, bottom]))
    row, col = math.floor(rows[0]) - 1, math.floor(columns[0]) - 1
    reach = Window(row, col, math.ceil(rows[1]) + 1 - row, math.ceil(columns[1]) + 1 - col)
    return PlacedScene(scene, item, reach)


def _inspect(path: Path, band: str) -> tuple[str, Bounds]:
    try:
        with gdal_environment(), rasterio.open(path, driver="GTiff") as dataset:
            problem = _problem(dataset, band)
            crs = None if dataset.crs is None else dataset.crs.to_string()
            rotated, bounds = bool(dataset.transform.b or dataset.transform.d), tuple(dataset.bounds)
    except RasterioError as error:
        raise InputError(
            "a band of a scene cannot be opened", found=str(error), where=str(path), remedy="pull the scene again"
        ) from error
    if problem:
        raise InputError(
            "a band of a scene is not what it should be",
            expected=problem[0],
            found=problem[1],
            where=str(path),
            remedy="check that the asset is the band in digital numbers as the provider publishes it",
        )
    if crs is None or rotated:
        raise GridError(
            "a band of a scene has no place that can be used",
            expected="a coordinate system, and north up",
            found="a rotated raster" if crs else "no coordinate system",
            where=str(path),
            remedy="take the scene from its provider",
        )
    return crs, bounds


def _problem(dataset: Any, band: str) -> tuple[str, str] | None:
    """Return what is expected and found where a file is not a band of digital numbers."""
    kinds = ("uint8", "uint16") if band == "mask" else ("uint16",)
    height, width = dataset.block_shapes[0]
    if dataset.count != 1:
        return "one band", f"{dataset.count} bands"
    if dataset.dtypes[0] not in kinds:
        return f"pixels of type {' or '.join(kinds)}", dataset.dtypes[0]
    # QA_PIXEL's fill is 1, which its bit says; some copies declare it.
    if dataset.nodata not in ({None, 0.0, 1.0} if band == "mask" else {None, 0.0}):
        return "nodata 0, as the mission writes it", f"nodata {dataset.nodata}"
    if dataset.width * dataset.height > MAX_TILE_PIXELS or height * width * 2 > MAX_BLOCK_BYTES:
        return f"at most {MAX_TILE_PIXELS} pixels in blocks of at most {MAX_BLOCK_BYTES} bytes", "a larger raster"
    return None


def read_window(placed: PlacedScene, lattice: Lattice, window: Window, *, resampling: Resampling) -> dict[str, Numbers]:
    """Read the bands of a scene on the pixels of a grid; its mask is always taken from the nearest pixel.

    Returns:
        Digital numbers by band, `NO_NUMBER` where the scene has none, each of shape (window.height, window.width).

    Raises:
        InputError: A file is cut short or corrupt.
    """
    try:
        with gdal_environment():
            loaded = odc.stac.load(
                [placed.item],
                bands=list(BANDS),
                geobox=geobox(lattice, window),
                resampling={"*": resampling, "mask": "nearest"},
                dtype="uint16",
                nodata=NO_NUMBER,
            )
    except RasterioError as error:
        raise InputError(
            "pixels of a scene cannot be read: a file is cut short or corrupt",
            found=str(error.__cause__ or error),
            where=f"{placed.scene.scene_id}, {', '.join(str(path) for path in placed.scene.bands.values())}",
            remedy="delete the files and pull the scene again",
        ) from error
    return {name: np.ascontiguousarray(loaded[name].values[0]) for name in BANDS}


def geobox(lattice: Lattice, window: Window) -> GeoBox:
    """Return a window of a lattice as odc-geo knows it."""
    width, height = float(lattice.pixel_width), float(lattice.pixel_height)
    transform = Affine(width, 0.0, float(lattice.x(window.col)), 0.0, -height, float(lattice.y(window.row)))
    return GeoBox((window.height, window.width), transform, lattice.crs)


def scene_grid(bounds: Sequence[Bounds], *, crs: str, resolution_m: int) -> tuple[Lattice, Window]:
    """Return the grid of the composites: pixels at whole multiples of their size, over all the bounds.

    Args:
        bounds: West, south, east, north of each zone, degrees.
        crs: A projected coordinate system in metres.
        resolution_m: Side of a pixel.

    Raises:
        GridError: The coordinate system is not projected in metres.
    """
    size = Decimal(resolution_m)
    origin = Lattice.square(Decimal(0), Decimal(0), size, crs=crs)
    if not origin.projection.projected:
        raise GridError(
            "scenes cannot be put on a grid in degrees",
            expected="a projected coordinate system in metres",
            found=crs,
            remedy="name one with crs in the source, or as local_crs of the project",
        )
    windows = [origin.window(box) for box in bounds]
    whole = windows[0]
    for window in windows[1:]:
        whole = whole.union(window)
    lattice = Lattice.square(whole.col * size, -whole.row * size, size, crs=crs)
    return lattice, Window(0, 0, whole.height, whole.width)
