"""Clips of layers as cloud-optimised GeoTIFFs: the pixels that decided a measurement, the same bytes every time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.io import DatasetWriter
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
    # On classes level 9 takes 3 to 6 times as long and saves at most a tenth; a predictor makes classes larger.
    "LEVEL": 6,
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
    with writing_cog(
        destination, lattice=lattice, window=kept, dtype=mosaic.dtype.name, nodata=mosaic.nodata
    ) as dataset:
        for top in range(0, kept.height, BLOCK):
            rows = min(BLOCK, kept.height - top)
            # Every pixel of the window is held by a tile: the fill is never used.
            pixels = mosaic.read(Window(kept.row + top, kept.col, rows, kept.width), fill=0)
            dataset.write(pixels, 1, window=RasterioWindow(0, top, kept.width, rows))
    return kept


@contextmanager
def writing_cog(
    destination: Path, *, lattice: Lattice, window: Window, dtype: str, nodata: float | None, count: int = 1
) -> Iterator[DatasetWriter]:
    """Give a raster to be written by blocks of `BLOCK` rows and columns; it becomes a COG when the block ends.

    Args:
        destination: The file to write; replaced as a whole.
        lattice: Grid of the pixels.
        window: Where they lie on it.
        dtype: Type of the pixels.
        nodata: What the header declares.
        count: How many bands.

    Raises:
        StoreError: The file could not be written.
    """
    profile = {
        "driver": "GTiff",
        "width": window.width,
        "height": window.height,
        "count": count,
        "dtype": dtype,
        "nodata": nodata,
        "crs": CRS.from_string(lattice.crs),
        "transform": _transform(lattice, window),
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "BIGTIFF": "IF_SAFER",
    }
    with replacing(destination) as cog, tempfile.TemporaryDirectory(dir=destination.parent, prefix=".clip-") as folder:
        plain = Path(folder, "plain.tif")
        try:
            with gdal_environment():
                with rasterio.open(plain, "w", **profile) as dataset:
                    yield dataset
                copy(plain, cog, driver="COG", **_COG)
        except RasterioError as error:
            raise StoreError(
                "a raster could not be written",
                found=str(error),
                where=str(destination),
                remedy="check the free space of the disk, then run again",
            ) from error


@dataclass(frozen=True)
class RasterClass:
    """What a code of a class raster means.

    Attributes:
        name: For people, in English and Spanish.
        colour: Red, green, blue, 0 to 255.
    """

    name: tuple[str, str]
    colour: tuple[int, int, int]


def write_class_cog(
    destination: Path,
    rows: Iterable[NDArray[np.uint8]],
    *,
    lattice: Lattice,
    window: Window,
    classes: Mapping[int, RasterClass],
    nodata: int,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write classes as a COG with its colours in it, so that any GIS shows it as it is meant.

    The names of the classes stand in the file's metadata (CLASS_<code>): a GeoTIFF has no other place for them. A pixel
    of an overview is one of the pixels below it, never a mixture.

    Args:
        destination: The file to write; replaced as a whole.
        rows: Codes from north to south, some rows of the window at a time.
        lattice: Grid of the pixels.
        window: Where they lie on it.
        classes: What each code means.
        nodata: The code that is drawn transparent.
        tags: What else the metadata say.

    Raises:
        StoreError: The file could not be written.
    """
    names = {f"CLASS_{code}": " / ".join(item.name) for code, item in sorted(classes.items())}
    with writing_cog(destination, lattice=lattice, window=window, dtype="uint8", nodata=nodata) as dataset:
        dataset.write_colormap(1, {code: (*item.colour, 255) for code, item in classes.items()})
        dataset.update_tags(**names, **(tags or {}))
        top = 0
        for pixels in rows:
            dataset.write(pixels, 1, window=RasterioWindow(0, top, window.width, len(pixels)))
            top += len(pixels)


def _transform(lattice: Lattice, window: Window) -> Affine:
    width, height = float(lattice.pixel_width), float(lattice.pixel_height)
    return Affine(width, 0.0, float(lattice.x(window.col)), 0.0, -height, float(lattice.y(window.row)))
