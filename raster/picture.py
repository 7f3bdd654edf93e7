"""A picture of forest and its loss, for people: each of its pixels stands for a block of the raster's."""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mrv.files import write_bytes
from raster.grid import Bounds
from raster.rules import FOREST, ForestRule, ProductRule

OPEN_LAND, SOME_FOREST, MOST_FOREST, EARLIER_LOSS, PERIOD_LOSS = range(5)
COLOURS = ((240, 236, 224), (172, 200, 178), (74, 128, 98), (222, 178, 92), (200, 62, 20))
"""Sand, pale green, green, ochre, vermilion: apart for people who do not tell red from green by their lightness."""


BLOCKS_AT_ONCE = 128
"""Rows of blocks read together: one at a time would decode each tile of the file over and over."""


@dataclass(frozen=True)
class Picture:
    """A picture with its place.

    Attributes:
        path: PNG.
        bounds: West, south, east, north of its edges, degrees.
        block: Raster pixels along the side of one of its own.
    """

    path: Path
    bounds: Bounds
    block: int


def loss_picture(
    tree_cover: Path,
    loss_year: Path,
    destination: Path,
    *,
    forest: ForestRule,
    product: ProductRule,
    years: tuple[int, int],
    width: int = 900,
) -> Picture:
    """Draw forest at the product's start, loss before the period and loss in it.

    A block shows loss where any of its forest pixels was lost, since a share would make small clearings invisible: the
    picture shows where, the tables how much. Small patches are not taken out.

    Args:
        tree_cover: Our own clip of the layer, per cent.
        loss_year: Our own clip of the layer on the same grid.
        destination: Where the PNG goes.
        forest: From which tree cover on a pixel is forest.
        product: Codes of the layers.
        years: First and last year of the monitoring period.
        width: Largest width, picture pixels.
    """
    import rioxarray  # noqa: F401 - gives xarray its engine and the accessor `rio`
    import xarray

    with (
        xarray.open_dataarray(tree_cover, engine="rasterio", mask_and_scale=False) as cover,
        xarray.open_dataarray(loss_year, engine="rasterio", mask_and_scale=False) as loss,
    ):
        block = max(1, math.ceil(cover.rio.width / width))
        strip = block * BLOCKS_AT_ONCE
        rows = [
            _classes(
                cover.isel(band=0, y=slice(top, top + strip)).to_numpy(),
                loss.isel(band=0, y=slice(top, top + strip)).to_numpy(),
                forest=forest,
                product=product,
                years=years,
                block=block,
            )
            for top in range(0, cover.rio.height, strip)
        ]
        west, _, _, north = cover.rio.bounds()
        width_deg, height_deg = (
            float(side) * block for side in (product.lattice.pixel_width, product.lattice.pixel_height)
        )
    classes = np.concatenate(rows)
    write_bytes(destination, png(classes))
    return Picture(
        destination, (west, north - height_deg * classes.shape[0], west + width_deg * classes.shape[1], north), block
    )


def _classes(
    cover: NDArray[np.uint8],
    loss: NDArray[np.uint8],
    *,
    forest: ForestRule,
    product: ProductRule,
    years: tuple[int, int],
    block: int,
) -> NDArray[np.uint8]:
    """Return some rows of the picture from a strip of pixels, whose last block may be cut off by the raster's edge."""
    height, columns = -(-cover.shape[0] // block) * block, -(-cover.shape[1] // block) * block
    padding = ((0, height - cover.shape[0]), (0, columns - cover.shape[1]))
    is_forest = np.pad(forest.cover_codes(product)[cover] == FOREST, padding)
    first, last = (year - product.base_year for year in years)
    lost = np.pad(loss, padding)
    shape = (height // block, block, columns // block, block)

    def any_of(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.asarray(flags.reshape(shape).any(axis=(1, 3)))

    share = is_forest.reshape(shape).mean(axis=(1, 3))
    row = np.where(share >= 0.75, MOST_FOREST, np.where(share >= 0.25, SOME_FOREST, OPEN_LAND)).astype(np.uint8)
    row[any_of(is_forest & (lost > 0) & (lost < first))] = EARLIER_LOSS
    row[any_of(is_forest & (lost >= first) & (lost <= last))] = PERIOD_LOSS
    return row


def png(classes: NDArray[np.uint8]) -> bytes:
    """Encode indices into COLOURS, shape (height, width), as a PNG with a palette (ISO/IEC 15948)."""
    height, width = classes.shape
    lines = np.concatenate([np.zeros((height, 1), np.uint8), classes], axis=1).tobytes()
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", bytes(value for colour in COLOURS for value in colour)),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    )
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body
