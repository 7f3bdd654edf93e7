"""Other libraries on the same tile and polygons as the crosstab: each does part of the work and says how much of it.

None counts what the crosstab counts (cover class by loss year with the area of every pixel's row) for zones that are
polygons. What each does instead stands in its function; pixels or polygons that are left out are extrapolated to all.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.features import rasterize
from rasterio.windows import Window as RasterioWindow

from raster.area import row_areas_um2
from raster.grid import Lattice
from raster.loss import Shape


@dataclass(frozen=True)
class Task:
    """The tile and its polygons.

    Attributes:
        cover: Tree cover.
        loss: Loss year.
        shapes: Polygons that share the tile.
        size: Pixels on a side.
        lattice: The grid.
        row: First row of the tile.
        some: How many polygons a peer does that works by polygon.
        rows: How many rows (or a square of them) a peer does that works by pixel.
    """

    cover: Path
    loss: Path
    shapes: list[Shape]
    size: int
    lattice: Lattice
    row: int
    some: int
    rows: int


def exactextract(task: Task) -> tuple[float, float]:
    """Loss years by polygon: pixels by the part covered, no cover classes and no areas. Return seconds, part done."""
    import geopandas
    from exactextract import exact_extract

    chosen = _some(task)
    zones = geopandas.GeoDataFrame(geometry=[shape.geometry for shape in chosen], crs="EPSG:4326")
    begin = time.perf_counter()
    exact_extract(str(task.loss), zones, ["unique", "frac", "count"])
    return time.perf_counter() - begin, len(chosen) / len(task.shapes)


def rasterstats(task: Task) -> tuple[float, float]:
    """Loss years by polygon: pixels by their centre, no cover classes and no areas. Return seconds, part done."""
    from rasterstats import zonal_stats

    chosen = _some(task)
    begin = time.perf_counter()
    zonal_stats([shape.geometry for shape in chosen], str(task.loss), categorical=True, nodata=255)
    return time.perf_counter() - begin, len(chosen) / len(task.shapes)


def flox(task: Task) -> tuple[float, float]:
    """Area by zone, cover class and loss year over a label raster of some rows, made here. Return seconds, part done."""
    from flox import groupby_reduce

    rows = min(task.rows, task.size)
    begin = time.perf_counter()
    labels, (cover, loss) = _labelled(task, rows, task.size)
    areas = row_areas_um2(task.lattice, row=task.row, height=rows).astype(np.float64)
    groupby_reduce(
        np.broadcast_to(areas[:, None], loss.shape).ravel(),
        labels.ravel(),
        (cover > 30).ravel(),
        loss.ravel(),
        func="sum",
        expected_groups=(np.arange(len(task.shapes) + 1), np.array([False, True]), np.arange(24)),
    )
    return time.perf_counter() - begin, rows / task.size


def xarray_spatial(task: Task) -> tuple[float, float]:
    """Pixels by zone and loss year over a label raster of a square of the tile. Return seconds, part done."""
    import xarray
    from xrspatial.zonal import crosstab

    side = min(task.rows, task.size)
    begin = time.perf_counter()
    labels, (_, loss) = _labelled(task, side, side)
    crosstab(xarray.DataArray(labels.astype(np.int32)), xarray.DataArray(loss.astype(np.int32)))
    return time.perf_counter() - begin, (side / task.size) ** 2


PEERS = {"exactextract": exactextract, "rasterstats": rasterstats, "flox": flox, "xarray_spatial": xarray_spatial}


def time_peer(name: str, task: Task) -> dict[str, Any]:
    """Run a peer; return its keys of the benchmark's JSON object."""
    seconds, part = PEERS[name](task)
    return {
        f"{name}_seconds": round(seconds / part, 1),
        f"{name}_extrapolated": part < 1,
        f"{name}_part_done": round(part, 5),
    }


def _some(task: Task) -> list[Shape]:
    return task.shapes[:: max(1, len(task.shapes) // task.some)]


def _labelled(task: Task, height: int, width: int) -> tuple[Any, list[Any]]:
    """Return the number of the polygon of each pixel of a window at the tile's corner, and both layers there."""
    window = RasterioWindow(0, 0, width, height)
    layers = []
    for path in (task.cover, task.loss):
        with rasterio.open(path) as dataset:
            layers.append(dataset.read(1, window=window))
            transform = dataset.transform
    labels = rasterize(
        ((shape.geometry, number + 1) for number, shape in enumerate(task.shapes)),
        out_shape=(height, width),
        transform=transform,
        dtype="int32",
    )
    return labels, layers
