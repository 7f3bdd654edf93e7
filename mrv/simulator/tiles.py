"""The landscape as tiles of Global Forest Change: full 10 degree GeoTIFFs, in which only the landscape's blocks exist."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine
from rasterio.windows import Window

from mrv.simulator.landscape import BASE_YEAR, NORTH_DEG, PIXELS_PER_DEG, WEST_DEG, Landscape
from mrv.sources.products import product

PRODUCT = "hansen_gfc"
TILE_DEG = 10
TILE_PIXELS = TILE_DEG * PIXELS_PER_DEG
BLOCK = 512


def write_tiles(landscape: Landscape, *, version: str, layers: Sequence[str], folder: Path) -> list[Path]:
    """Write the tiles that the landscape touches, named as the publisher names them; the bytes depend on it alone.

    Args:
        landscape: What to write.
        version: Version of the product, for example GFC-2024-v1.12; losses after its last year are left out.
        layers: Of treecover2000, lossyear and datamask.
        folder: Where the folder of the version is made.
    """
    item = product(PRODUCT)
    last_year = item.last_year(version) or BASE_YEAR
    rows, columns = landscape.tree_cover.shape
    bounds = (
        WEST_DEG + landscape.column / PIXELS_PER_DEG,
        NORTH_DEG - (landscape.row + rows) / PIXELS_PER_DEG,
        WEST_DEG + (landscape.column + columns) / PIXELS_PER_DEG,
        NORTH_DEG - landscape.row / PIXELS_PER_DEG,
    )
    loss_year = np.where(landscape.loss_year <= last_year - BASE_YEAR, landscape.loss_year, 0).astype(np.uint8)
    arrays = {"treecover2000": landscape.tree_cover, "lossyear": loss_year, "datamask": landscape.datamask}
    paths = []
    for layer in layers:
        for tile in item.tile_parts(bounds):
            path = folder / item.file_path(version=version, layer=layer, year=None, tile=tile)
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_tile(path, arrays[layer], landscape, corner=(int(tile["top"]), int(tile["left"])))
            paths.append(path)
    return paths


def _write_tile(path: Path, values: NDArray[np.uint8], landscape: Landscape, *, corner: tuple[int, int]) -> None:
    top, left = corner
    # The landscape's place within the tile, which it may reach beyond.
    row = landscape.row - (NORTH_DEG - top) * PIXELS_PER_DEG
    column = landscape.column - (left - WEST_DEG) * PIXELS_PER_DEG
    first_row, last_row = max(0, row), min(TILE_PIXELS, row + values.shape[0])
    first_column, last_column = max(0, column), min(TILE_PIXELS, column + values.shape[1])
    profile = {
        "driver": "GTiff",
        "width": TILE_PIXELS,
        "height": TILE_PIXELS,
        "count": 1,
        "dtype": "uint8",
        "crs": "EPSG:4326",
        "transform": Affine(1 / PIXELS_PER_DEG, 0, left, 0, -1 / PIXELS_PER_DEG, top),
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "compress": "LZW",
        "SPARSE_OK": True,
    }
    with rasterio.open(path, "w", **profile) as target:
        for start in range(first_row // BLOCK * BLOCK, last_row, BLOCK):
            start_column = first_column // BLOCK * BLOCK
            stop, stop_column = min(TILE_PIXELS, start + BLOCK), min(TILE_PIXELS, -(-last_column // BLOCK) * BLOCK)
            band = np.zeros((stop - start, stop_column - start_column), dtype=np.uint8)
            upper, lower = max(start, first_row), min(stop, last_row)
            band[upper - start : lower - start, first_column - start_column : last_column - start_column] = values[
                upper - row : lower - row, first_column - column : last_column - column
            ]
            window = Window(start_column, start, stop_column - start_column, stop - start)
            target.write(band, 1, window=window)
