"""Clips of layers as cloud-optimised GeoTIFFs: the pixels that decided a measurement, the same bytes every time."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import rasterio
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.shutil import copy
from rasterio.transform import Affine
from rasterio.windows import Window as RasterioWindow

from mrv.errors import InputError, StoreError
from mrv.files import replacing
from raster.grid import Lattice, Window
from raster.mosaic import Mosaic
from raster.reading import gdal_environment

BLOCK = 512
_COG = {
    "BLOCKSIZE": BLOCK,
    "COMPRESS": "DEFLATE",
    "LEVEL": 9,
    "OVERVIEWS": "AUTO",
    "OVERVIEW_RESAMPLING": "NEAREST",
    "NUM_THREADS": 1,
    "BIGTIFF": "IF_SAFER",
}


def clip_to_cog(tiles: Sequence[Path], window: Window, destination: Path, *, lattice: Lattice) -> Window:
    """Write a window of a layer (classes or a measure) as a COG, with the lattice's own pixels.

    Outside its bounds a clip has no pixels at all, rather than invented ones: a measurement on the clip treats the
    outside as it would treat the outside of the tiles. Memory is bounded by one row of blocks.

    Args:
        tiles: Files of the layer, in any order.
        window: What to keep; what lies beyond the bounds of all tiles is left out.
        destination: The file to write; replaced as a whole.
        lattice: Grid of the product.

    Returns:
        The window written.

    Raises:
        InputError: A tile cannot be used, or a tile lacks in the middle of the window.
        GridError: A tile is of another grid, or two declare different nodata.
        StoreError: The file could not be written.
    """
    mosaic = Mosaic.of("to clip", tiles, lattice=lattice, kind="any")
    kept = mosaic.extent.intersection(window)
    if kept is None or not mosaic.covers(kept):
        raise InputError(
            "the tiles of a layer do not hold the window to clip",
            expected=lattice.extent(window),
            found="; ".join(f"{tile.path.name}: {lattice.extent(tile.window)}" for tile in mosaic.tiles),
            remedy="pull the tiles that lack, of the same product version",
        )
    profile = {
        "driver": "GTiff",
        "width": kept.width,
        "height": kept.height,
        "count": 1,
        "dtype": mosaic.dtype.name,
        "nodata": mosaic.nodata,
        "crs": CRS.from_string(lattice.crs),
        "transform": _transform(lattice, kept),
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "BIGTIFF": "IF_SAFER",
    }
    with replacing(destination) as cog, tempfile.TemporaryDirectory(dir=destination.parent, prefix=".clip-") as folder:
        plain = Path(folder, "plain.tif")
        try:
            _write(mosaic, kept, plain, profile)
            with gdal_environment():
                copy(plain, cog, driver="COG", **_COG)
        except RasterioError as error:
            raise StoreError(
                "a clip could not be written",
                found=str(error),
                where=str(destination),
                remedy="check the free space of the disk, then run again",
            ) from error
    return kept


def _write(mosaic: Mosaic, kept: Window, path: Path, profile: dict[str, Any]) -> None:
    with gdal_environment(), rasterio.open(path, "w", **profile) as dataset:
        for top in range(0, kept.height, BLOCK):
            rows = min(BLOCK, kept.height - top)
            # Every pixel of the window is held by a tile: the fill is never used.
            pixels = mosaic.read(Window(kept.row + top, kept.col, rows, kept.width), fill=0)
            dataset.write(pixels, 1, window=RasterioWindow(0, top, kept.width, rows))


def _transform(lattice: Lattice, window: Window) -> Affine:
    width, height = float(lattice.pixel_width), float(lattice.pixel_height)
    return Affine(width, 0.0, float(lattice.x(window.col)), 0.0, -height, float(lattice.y(window.row)))
