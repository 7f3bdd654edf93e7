"""The only place that opens rasters: what a tile must be before a pixel is read, and reading its windows."""

from __future__ import annotations

import math
import socket
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.windows import Window as RasterioWindow

from mrv.errors import GridError, InputError
from raster.grid import Lattice, Window

Kind = Literal["classes", "measure", "alerts", "codes", "values", "any"]

MAX_TILE_PIXELS = 2**34
"""A tile of 10 degrees by pixels of about 10 m has 10^10."""
MAX_BLOCK_BYTES = 256 * 2**20
"""GDAL decodes a whole block at once: a small file that declares one huge block would fill the memory."""
TOLERANCE_PIXELS = 1e-6
_MAGIC = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_DTYPES: dict[Kind, tuple[str, ...]] = {
    "classes": ("uint8",),
    "measure": ("float32", "float64"),
    "alerts": ("uint8", "uint16", "uint32"),
    "codes": ("uint8", "int8", "uint16", "int16"),
    "values": ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"),
    "any": ("uint8", "float32", "float64"),
}
_PULL_AGAIN = "delete the file and pull it again"


@dataclass(frozen=True)
class Tile:
    """A raster that passed every check, by path: handles are neither thread-safe nor picklable.

    Attributes:
        path: The GeoTIFF.
        window: Its place on the product's lattice.
        dtype: numpy name of its pixels.
        nodata: The value its header declares, for information; rules of the product decide what it means.
        band: The band that is read, from 1.
        block: Rows and columns of a block of the file, the least that is decoded.
    """

    path: Path
    window: Window
    dtype: str
    nodata: float | None
    band: int = 1
    block: tuple[int, int] = (1, 1)


@contextmanager
def gdal_environment() -> Iterator[None]:
    """Set what GDAL may do: a bounded cache, no sidecar files, nothing but the file itself."""
    with rasterio.Env(
        GDAL_CACHEMAX=64,
        GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR",
        GDAL_PAM_ENABLED="NO",
        GDAL_TIFF_INTERNAL_MASK="YES",
        GDAL_NUM_THREADS="1",
    ):
        yield


def inspect_tile(
    path: Path,
    *,
    lattice: Lattice,
    kind: Kind,
    band: int | None = None,
    known_nodata: Collection[float] | None = None,
) -> Tile:
    """Check that a file is a raster of the lattice and return its place.

    Args:
        path: The file.
        lattice: Grid of the product.
        kind: `classes` of the loss series are uint8, a `measure` of it is a float, `alerts` are unsigned; `any` is one
            of the first two. `codes` are classes of at most 16 bits, `values` are any numbers.
        band: Which band of a file with several; a file with one band holds nothing else. Without it the file must have one.
        known_nodata: What its header may declare as nodata; without it anything, since the product's rule decides.

    Raises:
        InputError: It is not a GeoTIFF, has another number of bands or type, is too large, or its header declares nodata
            that the product does not know.
        GridError: Its coordinate system, orientation, pixel size or origin is not the lattice's.
    """
    _check_magic(path)
    try:
        with gdal_environment(), rasterio.open(path, driver="GTiff") as dataset:
            band = None if dataset.count == 1 else band
            _check_content(path, dataset, kind, band)
            _check_nodata(path, dataset, known_nodata)
            _check_crs(path, dataset, lattice)
            window = _place(path, dataset, lattice)
            return Tile(path, window, dataset.dtypes[0], dataset.nodata, band or 1, dataset.block_shapes[0])
    except RasterioError as error:
        raise InputError("a raster cannot be opened", found=str(error), where=str(path), remedy=_PULL_AGAIN) from error


def grid_origin(path: Path) -> tuple[Decimal, Decimal]:
    """Return x and y of a file's upper left corner, for a product whose row leaves the origin of its grid to its file.

    Raises:
        InputError: It is not a GeoTIFF.
    """
    _check_magic(path)
    try:
        with gdal_environment(), rasterio.open(path, driver="GTiff") as dataset:
            return Decimal(repr(float(dataset.transform.c))), Decimal(repr(float(dataset.transform.f)))
    except RasterioError as error:
        raise InputError("a raster cannot be opened", found=str(error), where=str(path), remedy=_PULL_AGAIN) from error


def read_tile(tile: Tile, window: Window) -> NDArray[Any]:
    """Read a window that lies within the tile.

    Returns:
        Raw values as stored, shape (window.height, window.width); nodata is not masked.

    Raises:
        InputError: The file is cut short or a block is corrupt.
    """
    return read_windows(tile, [window])[0]


def read_windows(tile: Tile, windows: Sequence[Window]) -> list[NDArray[Any]]:
    """Read several windows that lie within the tile, which is opened once.

    Returns:
        Of each window what `read_tile` returns.

    Raises:
        InputError: The file is cut short or a block is corrupt.
    """
    pixels: list[NDArray[Any]] = []
    try:
        with gdal_environment(), rasterio.open(tile.path, driver="GTiff") as dataset:
            for window in windows:
                top, left = window.row - tile.window.row, window.col - tile.window.col
                pixels.append(dataset.read(tile.band, window=RasterioWindow(left, top, window.width, window.height)))
    except RasterioError as error:
        if not tile.path.exists():
            raise InputError(
                "a raster file cannot be seen on this machine",
                found=f"no such file on {socket.gethostname()}",
                where=str(tile.path),
                remedy="workers of a cluster must see the platform's home (MRV_HOME) under the same path",
            ) from error
        window = windows[len(pixels)]
        raise InputError(
            "pixels of a raster cannot be read: the file is cut short or corrupt",
            found=str(error.__cause__ or error),
            where=f"{tile.path}, rows {window.row - tile.window.row} to {window.row_stop - tile.window.row - 1}",
            remedy=_PULL_AGAIN,
        ) from error
    return pixels


def _check_magic(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            head = stream.read(64)
    except OSError as error:
        raise InputError(
            "a raster file cannot be read", found=str(error), where=str(path), remedy="pull the source again"
        ) from error
    if not head.startswith(_MAGIC):
        raise InputError(
            "a file is not a GeoTIFF",
            expected="a file that begins with II or MM and the TIFF version",
            found=repr(head.decode("utf-8", errors="replace")) if head else "an empty file",
            where=str(path),
            remedy="the source sent a page, not a raster: check the URL and the key, then pull again",
        )


def _check_content(path: Path, dataset: Any, kind: Kind, band: int | None) -> None:
    problem: tuple[str, str] | None = None
    block_height, block_width = dataset.block_shapes[0]
    block_bytes = block_height * block_width * np.dtype(dataset.dtypes[0]).itemsize
    if band is None and dataset.count != 1:
        problem = ("one band", f"{dataset.count} bands")
    elif band is not None and not 1 <= band <= dataset.count:
        problem = (f"a band {band}", f"{dataset.count} bands")
    elif dataset.dtypes[0] not in _DTYPES[kind]:
        problem = (f"pixels of type {' or '.join(_DTYPES[kind])}", dataset.dtypes[0])
    elif dataset.width * dataset.height > MAX_TILE_PIXELS:
        problem = (f"at most {MAX_TILE_PIXELS} pixels", f"{dataset.width} x {dataset.height}")
    elif block_bytes > MAX_BLOCK_BYTES:
        problem = (
            f"blocks of at most {MAX_BLOCK_BYTES} bytes",
            f"{block_height} x {block_width} ({block_bytes} bytes)",
        )
    if problem:
        raise InputError(
            "a raster is not a layer of its product",
            expected=problem[0],
            found=problem[1],
            where=str(path),
            remedy="check that the file is the layer it was declared to be",
        )


def _check_nodata(path: Path, dataset: Any, known: Collection[float] | None) -> None:
    declared = dataset.nodata
    if known is None or declared is None or declared in known:
        return
    if math.isnan(declared) and any(math.isnan(value) for value in known):
        return
    raise InputError(
        "undeclared nodata: the header of a raster declares a value as nodata that its product does not",
        expected="nodata " + (", ".join(f"{value:g}" for value in sorted(known)) or "none"),
        found=f"{declared:g}",
        where=str(path),
        remedy="find out what the value means, then list it in the layer's nodata, or in its ignored_header_nodata if it "
        "is a value like any other",
    )


def _check_crs(path: Path, dataset: Any, lattice: Lattice) -> None:
    lattice.projection  # noqa: B018 - refuses a CRS, or a change of datum, that nothing can be measured in
    declared = CRS.from_string(lattice.crs)
    if dataset.crs is None or (dataset.crs != declared and dataset.crs.to_epsg() != (declared.to_epsg() or -1)):
        raise GridError(
            "a tile of another grid: its coordinate system is not the product's",
            expected=lattice.crs,
            found="no coordinate system" if dataset.crs is None else dataset.crs.to_string(),
            where=str(path),
            remedy="take the tile from the product's own source; a reprojected copy has other pixels",
        )


def _place(path: Path, dataset: Any, lattice: Lattice) -> Window:
    """Find the window of a file from its four edges; each must lie on the lattice, so that pixels are the lattice's."""
    transform, unit = dataset.transform, "metres" if lattice.projection.projected else "degrees"
    found = f"origin {transform.c!r}, {transform.f!r}, pixel {transform.a!r} x {transform.e!r}"
    if transform.b or transform.d:
        found += f", rotation {transform.b!r}, {transform.d!r}"
    edges_x = lattice.columns(np.array([transform.c, transform.c + transform.a * dataset.width]))
    edges_y = lattice.rows(np.array([transform.f, transform.f + transform.e * dataset.height]))
    edges = np.concatenate([edges_x, edges_y])
    finite = bool(np.isfinite(edges).all())
    whole = np.rint(edges) if finite else edges
    if (
        not finite
        or transform.b
        or transform.d
        or np.abs(edges - whole).max() > TOLERANCE_PIXELS
        or whole[1] - whole[0] != dataset.width
        or whole[3] - whole[2] != dataset.height
    ):
        raise GridError(
            "a tile of another grid",
            expected=f"north-up pixels of {lattice.pixel_width} x {lattice.pixel_height} {unit} "
            f"on a lattice from {lattice.west}, {lattice.north}",
            found=found,
            where=str(path),
            remedy="take the tile from the product's own source; a shifted or resampled copy has other pixels",
        )
    return Window(int(whole[2]), int(whole[0]), dataset.height, dataset.width)
