"""The landscape as other products see it: land cover by year as MapBiomas codes it, and biomass as ESA CCI maps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine
from rasterio.windows import Window

from mrv.simulator.landscape import BASE_YEAR, NORTH_DEG, PIXELS_PER_DEG, WEST_DEG, Landscape
from mrv.sources.products import product

LAND_COVER, BIOMASS = "mapbiomas_peru", "esa_cci_biomass"
FOREST, PASTURE, AGRICULTURE, MOSAIC, RIVER, NOT_OBSERVED = 3, 15, 18, 21, 33, 27
FIELD, CLOUD = 12, 40
"""Pixels along a field, which is used in one way, and along a place that clouds hid in a year."""
REGROWTH_YEARS = 12
BLOCK = 512

Ints = NDArray[np.int64]
Codes = NDArray[np.uint8]
Places = tuple[Ints, Ints]
"""Rows, shape (rows, 1), and columns, shape (1, columns), of the landscape."""


@dataclass(frozen=True)
class _Pixels:
    """Centres of pixels of another grid within the landscape: west and north edge, degrees of a pixel, how many."""

    west: float
    north: float
    pixel_deg: float
    rows: int
    columns: int

    def places(self, landscape: Landscape, first: int, stop: int) -> Places:
        """Return the landscape's pixel under each centre of some rows."""
        row = (NORTH_DEG - self.north + (np.arange(first, stop) + 0.5) * self.pixel_deg) * PIXELS_PER_DEG
        column = (self.west - WEST_DEG + (np.arange(self.columns) + 0.5) * self.pixel_deg) * PIXELS_PER_DEG
        height, width = landscape.tree_cover.shape
        rows = np.clip(np.floor(row).astype(np.int64) - landscape.row, 0, height - 1)
        columns = np.clip(np.floor(column).astype(np.int64) - landscape.column, 0, width - 1)
        return rows[:, np.newaxis], columns[np.newaxis, :]


def write_land_cover(landscape: Landscape, *, version: str, years: Sequence[int], folder: Path) -> list[Path]:
    """Write one national map a year, which here ends where the landscape ends; the bytes depend on the landscape alone.

    Args:
        landscape: What is mapped.
        version: Collection, for example "3".
        years: Years.
        folder: Where the product's own path begins.
    """
    item = product(LAND_COVER)
    pixel = float(item.lattice.pixel_width)
    west, south, east, north = _bounds(landscape)
    grid = _Pixels(west, north, pixel, int((north - south) / pixel), int((east - west) / pixel))
    profile = {
        **_profile(grid, dtype="uint8", nodata=0),
        "width": grid.columns,
        "height": grid.rows,
        "transform": Affine(pixel, 0, west, 0, -pixel, north),
    }
    paths = []
    for year in years:
        path = folder / item.file_path(version=version, layer="coverage", year=year, tile={"tile": "peru"})
        path.parent.mkdir(parents=True, exist_ok=True)
        with rasterio.open(path, "w", **profile) as target:
            for first in range(0, grid.rows, BLOCK):
                stop = min(grid.rows, first + BLOCK)
                codes = land_cover(landscape, grid.places(landscape, first, stop), year=year)
                target.write(codes, 1, window=Window(0, first, grid.columns, stop - first))
        paths.append(path)
    return paths


def land_cover(landscape: Landscape, places: Places, *, year: int) -> Codes:
    """Return the class of some pixels in a year: forest until it is lost, then a use, and in part forest again."""
    lost = landscape.loss_year[places]
    gone = (lost > 0) & (lost <= year - BASE_YEAR)
    use = np.array([PASTURE] * 9 + [AGRICULTURE] * 5 + [MOSAIC] * 6, dtype=np.uint8)
    fields, within = _cells(landscape.seed, places, FIELD)
    codes = use[fields % 20][within]
    grown = gone & (lost < year - BASE_YEAR - REGROWTH_YEARS) & ((fields >> 8) % 5 == 0)[within]
    codes[((landscape.tree_cover[places] > 30) & ~gone) | grown] = FOREST
    codes[landscape.datamask[places] != 1] = RIVER
    clouds, within = _cells(landscape.seed + 7919 * year, places, CLOUD)
    codes[(clouds % 500 == 0)[within]] = NOT_OBSERVED
    return codes


def _cells(seed: int, places: Places, side: int) -> tuple[Ints, Places]:
    """Return a number for each square of `side` pixels that the places touch, and the square of each place."""
    rows, row = np.unique(places[0] // side, return_inverse=True)
    columns, column = np.unique(places[1] // side, return_inverse=True)
    return _mixed(seed, rows[:, np.newaxis], columns[np.newaxis, :]), (row.reshape(-1, 1), column.reshape(1, -1))


def write_biomass(
    landscape: Landscape, *, version: str, layers: Sequence[str], years: Sequence[int], folder: Path
) -> list[Path]:
    """Write tiles of 10 degrees in which only the landscape's blocks exist; the bytes depend on the landscape alone.

    Args:
        landscape: What is mapped.
        version: Version of the product, for example v6.0.
        layers: Of agb and agb_sd.
        years: Years.
        folder: Where the product's own path begins.
    """
    item = product(BIOMASS)
    pixel = float(item.lattice.pixel_width)
    paths = []
    for year in years:
        for layer in layers:
            for tile in item.tile_parts(_bounds(landscape)):
                path = folder / item.file_path(version=version, layer=layer, year=year, tile=tile)
                path.parent.mkdir(parents=True, exist_ok=True)
                side = round(10 / pixel)
                grid = _Pixels(float(tile["left"]), float(tile["top"]), pixel, side, side)
                _write_biomass(path, grid, landscape, layer=layer, year=year)
                paths.append(path)
    return paths


def _write_biomass(path: Path, grid: _Pixels, landscape: Landscape, *, layer: str, year: int) -> None:
    profile = _profile(grid, dtype="uint16", nodata=0)
    west, south, east, north = _bounds(landscape)
    top, bottom = (int((grid.north - edge) / grid.pixel_deg) for edge in (north, south))
    left, right = (int((edge - grid.west) / grid.pixel_deg) for edge in (west, east))
    with rasterio.open(path, "w", **profile) as target:
        for first in range(max(0, top) // BLOCK * BLOCK, min(grid.rows, bottom), BLOCK):
            stop = min(grid.rows, first + BLOCK)
            start, end = max(0, left) // BLOCK * BLOCK, min(grid.columns, right)
            rows, columns = grid.places(landscape, first, stop)
            values = biomass(landscape, (rows, columns[:, start:end]), layer=layer, year=year)
            target.write(values, 1, window=Window(start, first, end - start, stop - first))


def biomass(landscape: Landscape, places: Places, *, layer: str, year: int) -> NDArray[np.uint16]:
    """Return above-ground biomass, Mg/ha, or the standard deviation that its maker gives for the pixel."""
    lost = landscape.loss_year[places].astype(np.int64)
    stands = (lost == 0) | (lost > year - BASE_YEAR)
    noise = _mixed(landscape.seed + 3, *places) % 61
    cover = landscape.tree_cover[places].astype(np.int64)
    dense = np.where(stands, cover * cover * 24 // 1000 + noise, 5 + noise // 6)
    dense[landscape.datamask[places] != 1] = 0
    return np.asarray(dense if layer == "agb" else dense // 4 + 8 * (dense > 0), dtype=np.uint16)


def _bounds(landscape: Landscape) -> tuple[float, float, float, float]:
    rows, columns = landscape.tree_cover.shape
    return (
        WEST_DEG + landscape.column / PIXELS_PER_DEG,
        NORTH_DEG - (landscape.row + rows) / PIXELS_PER_DEG,
        WEST_DEG + (landscape.column + columns) / PIXELS_PER_DEG,
        NORTH_DEG - landscape.row / PIXELS_PER_DEG,
    )


def _profile(grid: _Pixels, *, dtype: str, nodata: int) -> dict[str, object]:
    return {
        "driver": "GTiff",
        "width": grid.columns,
        "height": grid.rows,
        "count": 1,
        "dtype": dtype,
        "crs": "EPSG:4326",
        "transform": Affine(grid.pixel_deg, 0, grid.west, 0, -grid.pixel_deg, grid.north),
        "nodata": nodata,
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "compress": "DEFLATE",
        "SPARSE_OK": True,
    }


def _mixed(seed: int, rows: Ints, columns: Ints) -> Ints:
    """Return a number without pattern for each pair of a row and a column, the same on every machine."""
    mixed = (rows.astype(np.uint64) ^ np.uint64(seed)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(29))) + columns.astype(np.uint64) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0x94D049BB133111EB)
    result: Ints = (mixed >> np.uint64(33)).astype(np.int64)
    return result
