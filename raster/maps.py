"""Forest and the year of its loss as one map: a COG with colours for a GIS, and its cells at the size of a picture."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from raster.area import WGS84, EarthModel
from raster.bands import Layers
from raster.cog import BLOCK, RasterClass, write_class_cog
from raster.forest_years import KEPT, OPEN, UNSEEN, Years, forest_years
from raster.grid import Bounds, Window
from raster.rules import ForestRule, LossLayers, ProductRule

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]
PAPER, INK = (255, 255, 255), (38, 38, 38)
SAND, PALE_GREEN, GREEN, GREY = (240, 236, 224), (172, 200, 178), (74, 128, 98), (200, 200, 200)
EARLY, LATE = (250, 218, 142), (122, 16, 44)
"""Loss goes from light yellow to dark red: its order is seen by lightness alone."""


def year_colour(place: int, count: int) -> Colour:
    """Return the colour of the year at a place (from 0) among `count` years, from light to dark."""
    share = place / max(1, count - 1)
    red, green, blue = (round(low + (high - low) * share) for low, high in zip(EARLY, LATE, strict=True))
    return red, green, blue


def write_forest_years(
    files: LossLayers,
    destination: Path,
    *,
    window: Window,
    product: ProductRule,
    forest: ForestRule,
    last_year: int,
    earth: EarthModel = WGS84,
) -> Window:
    """Write forest and the year of its loss as a COG of classes: 0 no forest, year after the base year, 254 forest.

    Small patches of forest are taken out as the forest definition says, where it measures patches in the landscape.

    Args:
        files: Tiles of one product version.
        destination: The file to write; replaced as a whole.
        window: What to show; what lies beyond the bounds of all tiles is left out.
        product: Codes and grid.
        forest: What is forest.
        last_year: Last year of loss to show; what was lost later is forest.
        earth: The ellipsoid.

    Returns:
        The window written.

    Raises:
        InputError: A tile cannot be used.
        StoreError: The file could not be written.
    """
    layers = Layers.open(files, product, forest, earth)
    kept = layers.loss_year.extent.intersection(window) or window
    codes = range(1, min(last_year, product.last_year) - product.base_year + 1)
    classes = {
        OPEN: RasterClass(("Not forest", "No es bosque"), SAND),
        **{
            code: RasterClass(
                (f"Forest lost in {product.base_year + code}", f"Bosque perdido en {product.base_year + code}"),
                year_colour(code - 1, len(codes)),
            )
            for code in codes
        },
        KEPT: RasterClass(("Forest", "Bosque"), GREEN),
        UNSEEN: RasterClass(("Not observed", "No observado"), GREY),
    }

    def rows() -> Iterator[Pixels]:
        for top in range(0, kept.height, BLOCK):
            part = Window(kept.row + top, kept.col, min(BLOCK, kept.height - top), kept.width)
            years = forest_years(layers, part)
            years[(years >= codes.stop) & (years < KEPT)] = KEPT
            yield years

    write_class_cog(destination, rows(), lattice=product.lattice, window=kept, classes=classes, nodata=UNSEEN)
    return kept


@dataclass(frozen=True)
class Ground:
    """The codes of `raster.forest_years`, brought to the size of a picture.

    Attributes:
        forest: Share of forest of each cell at the end, shape (rows, columns).
        last: Code of the latest loss shown in each cell, 0 for none; the same shape.
        unseen: Whether nothing of the cell was observed.
        base_year: The year that code 0 stands for.
        bounds: West, south, east, north of the cells.
        block: Raster pixels along the side of a cell.
    """

    forest: NDArray[np.float32]
    last: Pixels
    unseen: NDArray[np.bool_]
    base_year: int
    bounds: Bounds
    block: int


def ground(cog: Path, *, base_year: int, width: int = 900) -> Ground:
    """Read a COG of `write_forest_years` by blocks of pixels: a cell shows loss where any of its pixels was lost.

    Args:
        cog: The file.
        base_year: The year that code 0 stands for.
        width: Largest width and height, cells.
    """
    import rioxarray  # noqa: F401 - gives xarray its engine and the accessor `rio`
    import xarray

    forest, last, unseen = [], [], []
    with xarray.open_dataarray(cog, engine="rasterio", mask_and_scale=False) as array:
        block = max(1, math.ceil(max(array.rio.width, array.rio.height) / width))
        strip = block * max(1, BLOCK // block)
        for top in range(0, array.rio.height, strip):
            years: Years = array.isel(band=0, y=slice(top, top + strip)).to_numpy()
            height, columns = -(-years.shape[0] // block), -(-years.shape[1] // block)
            padding = ((0, height * block - years.shape[0]), (0, columns * block - years.shape[1]))
            cells = np.pad(years, padding, constant_values=UNSEEN).reshape(height, block, columns, block)
            forest.append((cells == KEPT).mean(axis=(1, 3), dtype=np.float32))
            last.append(np.where(cells < KEPT, cells, 0).max(axis=(1, 3)))
            unseen.append((cells == UNSEEN).all(axis=(1, 3)))
        west, south, east, north = array.rio.bounds()
        side_x, side_y = (east - west) / array.rio.width * block, (north - south) / array.rio.height * block
    shares = np.concatenate(forest)
    edges = (west, north - side_y * shares.shape[0], west + side_x * shares.shape[1], north)
    return Ground(shares, np.concatenate(last), np.concatenate(unseen), base_year, edges, block)
