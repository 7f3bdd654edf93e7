"""Deforestation alerts on the losses of the landscape as Global Forest Watch serves them: 10 m, some weeks late, a few false."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine
from rasterio.windows import Window

from mrv.simulator.landscape import BASE_YEAR, NORTH_DEG, PIXELS_PER_DEG, WEST_DEG, Landscape
from mrv.sources.products import product

PRODUCT = "gfw_integrated_alerts"
FIRST_YEAR = 2020
EPOCH = date(2014, 12, 31)
PER_DEG, TILE_PIXELS, BLOCK = 10_000, 100_000, 512
CELL = 10
"""Losses of a year within so many pixels of 30 m are dated together."""
SHARE_FALSE = 0.01
_FINE = PER_DEG * 2 // PIXELS_PER_DEG
"""Fine pixels along two coarse ones: 2.5 each."""

Codes = NDArray[np.uint16]
Ints = NDArray[np.int64]


def write_alerts(landscape: Landscape, *, version: str, folder: Path) -> list[Path]:
    """Write the tiles that the landscape touches as `<folder>/<product>/<version>/<tile>.tif`; the bytes depend on it alone."""
    rows, columns = landscape.tree_cover.shape
    bounds = (
        WEST_DEG + landscape.column / PIXELS_PER_DEG,
        NORTH_DEG - (landscape.row + rows) / PIXELS_PER_DEG,
        WEST_DEG + (landscape.column + columns) / PIXELS_PER_DEG,
        NORTH_DEG - landscape.row / PIXELS_PER_DEG,
    )
    codes = alert_codes(landscape)
    paths = []
    for tile in product(PRODUCT).tile_parts(bounds):
        path = folder / PRODUCT / version / f"{tile['tile']}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_tile(path, codes, landscape, corner=(int(tile["top"]), int(tile["left"])))
        paths.append(path)
    return paths


def alert_codes(landscape: Landscape) -> Codes:
    """Return the alert of each pixel of the landscape: confidence * 10,000 + days since 31 December 2014, or 0."""
    codes = np.zeros(landscape.loss_year.shape, dtype=np.uint16)
    row, column = np.nonzero(landscape.loss_year >= FIRST_YEAR - BASE_YEAR)
    year = landscape.loss_year[row, column].astype(np.int64) + BASE_YEAR
    cell = _mixed(landscape.seed, year, row // CELL, column // CELL)
    pixel = _mixed(landscape.seed + 1, year, row, column)
    # Mostly in the dry months, found one to six weeks later, a few days apart from pixel to pixel.
    cleared = np.where(cell % 7 == 0, (cell >> 8) % 300, 165 + (cell >> 8) % 130)
    day = _first_of_year(year) + cleared + 7 + (cell >> 24) % 35 + pixel % 5
    confidence = np.array([4, 4, 4, 4, 3, 3, 3, 2, 2, 2])[(pixel >> 8) % 10]
    codes[row, column] = confidence * 10_000 + day
    return _with_false_alerts(codes, landscape, count=int(SHARE_FALSE * len(row)))


def _with_false_alerts(codes: Codes, landscape: Landscape, *, count: int) -> Codes:
    """Add single pixels of low confidence where forest stands."""
    rng = np.random.Generator(np.random.PCG64([landscape.seed, 2]))
    row, column = (rng.integers(0, size, count) for size in codes.shape)
    day = _first_of_year(rng.integers(FIRST_YEAR, BASE_YEAR + 25, count)) + rng.integers(1, 365, count)
    stands = (landscape.tree_cover[row, column] > 60) & (landscape.loss_year[row, column] == 0)
    codes[row[stands], column[stands]] = (20_000 + day[stands]).astype(np.uint16)
    return codes


def _first_of_year(year: Ints) -> Ints:
    """Return the days from the epoch to 1 January of each year."""
    first = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    return first - (EPOCH - date(1970, 1, 1)).days


def _mixed(seed: int, *parts: Ints) -> Ints:
    """Return a number without pattern for each combination, the same on every machine."""
    mixed = np.full(len(parts[0]), seed, dtype=np.uint64)
    for part in parts:
        mixed = (mixed ^ part.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return (mixed >> np.uint64(1)).astype(np.int64)


def _write_tile(path: Path, codes: Codes, landscape: Landscape, *, corner: tuple[int, int]) -> None:
    top, left = corner
    row = landscape.row - (NORTH_DEG - top) * PIXELS_PER_DEG
    column = landscape.column - (left - WEST_DEG) * PIXELS_PER_DEG
    profile = {
        "driver": "GTiff",
        "width": TILE_PIXELS,
        "height": TILE_PIXELS,
        "count": 1,
        "dtype": "uint16",
        "crs": "EPSG:4326",
        "transform": Affine(1 / PER_DEG, 0, left, 0, -1 / PER_DEG, top),
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "compress": "LZW",
        "SPARSE_OK": True,
    }
    down, across = _blocks(row, codes.shape[0]), _blocks(column, codes.shape[1])
    with rasterio.open(path, "w", **profile) as target:
        for first_row in down:
            rows = _coarse(first_row, row)
            for first_column in across:
                block = _picked(codes, rows, _coarse(first_column, column))
                if block.any():
                    height, width = min(BLOCK, TILE_PIXELS - first_row), min(BLOCK, TILE_PIXELS - first_column)
                    window = Window(first_column, first_row, width, height)
                    target.write(block[:height, :width], 1, window=window)


def _blocks(start: int, length: int) -> range:
    """Return the first fine pixels of the blocks that hold coarse pixels from `start` on."""
    first = max(0, start) * _FINE // 2
    stop = min(TILE_PIXELS, (start + length) * _FINE // 2 + 1)
    return range(first // BLOCK * BLOCK, stop, BLOCK)


def _coarse(first: int, start: int) -> Ints:
    """Return the place in the landscape of the fine pixels of a block: the coarse pixel that holds each centre."""
    return (2 * np.arange(first, first + BLOCK) + 1) // _FINE - start


def _picked(codes: Codes, rows: Ints, columns: Ints) -> Codes:
    """Return the codes of rows and columns; 0 beyond the landscape."""
    inside_rows, inside_columns = (
        (places >= 0) & (places < size) for places, size in zip((rows, columns), codes.shape, strict=True)
    )
    block = np.zeros((len(rows), len(columns)), dtype=np.uint16)
    block[np.ix_(inside_rows, inside_columns)] = codes[np.ix_(rows[inside_rows], columns[inside_columns])]
    return block
