"""Forest with the year of its loss as one byte a pixel, and runs of equal pixels: what patches, edges and maps start from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mrv.errors import ProjectError
from raster.bands import Layers, zone_codes
from raster.grid import Window
from raster.mosaic import Mosaic
from raster.patches import patch_margin, remove_small_patches
from raster.rules import FOREST, NODATA, NON_FOREST, UNREAD
from raster.spans import Ints, Ints32
from raster.zoning import ZoneSpans

Years = NDArray[np.uint8]
OPEN, KEPT, UNSEEN = 0, 254, 255
"""Beside the codes 1 to 253 of the year of loss: not forest at the base year, forest to the end, not observed."""


class YearRuns(NamedTuple):
    """Runs of pixels of one value, ordered by row and first column; arrays of shape (n,).

    Attributes:
        row: Row on the lattice.
        start: First column.
        stop: First column after the run.
        value: The value of its pixels.
    """

    row: Ints32
    start: Ints32
    stop: Ints32
    value: NDArray[np.uint8]

    def pick(self, places: Ints) -> YearRuns:
        """Return some of the runs."""
        return YearRuns(self.row[places], self.start[places], self.stop[places], self.value[places])

    @classmethod
    def concatenate(cls, parts: Sequence[YearRuns]) -> YearRuns:
        """Return the runs of several parts, one after the other."""
        row, start, stop = (np.concatenate([part[column] for part in parts]).astype(np.int32) for column in range(3))
        return cls(row, start, stop, np.concatenate([part.value for part in parts]))


def forest_years(layers: Layers, window: Window) -> Years:
    """Read the forest of the landscape, small patches taken out, with the year of its loss.

    Pixels that no tile holds are not observed. The result does not depend on how a region is cut into windows.

    Args:
        layers: The checked layers of a loss series and their rules.
        window: What to read.

    Returns:
        Codes of loss years, OPEN, KEPT or UNSEEN; shape (window.height, window.width).

    Raises:
        InputError: A tile is cut short or corrupt.
        ProjectError: The product has too many years for a byte.
    """
    margin = patch_margin(window, lattice=layers.product.lattice, forest=layers.forest, earth=layers.earth)
    wide = window.expand(margin)
    codes = layers.read_codes(wide)
    if margin:
        remove_small_patches(codes, row_area_um2=layers.row_areas(wide), forest=layers.forest, open_edges=True)
        codes = codes[margin : margin + window.height, margin : margin + window.width]
    return _with_years(layers, codes, window)


def zone_years(layers: Layers, spans: ZoneSpans, *, rows_per_band: int) -> Years:
    """Read the forest of one zone, whose patches are made of its own pixels, with the year of its loss.

    Returns:
        As `forest_years`, over `spans.window`; pixels outside the zone are UNSEEN.

    Raises:
        InputError: A tile is cut short or corrupt.
        ProjectError: The zone is too large to be held in memory, or the product has too many years for a byte.
    """
    return _with_years(layers, zone_codes(layers, spans, rows_per_band=rows_per_band), spans.window)


def _with_years(layers: Layers, codes: NDArray[np.uint8], window: Window) -> Years:
    product = layers.product
    if product.years >= KEPT:
        raise ProjectError(
            "the years of a product do not fit a byte beside two marks",
            expected=f"at most {KEPT - 1} years",
            found=f"{product.years}",
            where=f"{product.product} {product.version}",
            remedy="mend base_year or last_year",
        )
    loss = layers.loss_year.read(window, fill=0)
    meaning = np.full((UNREAD + 1, 256), UNSEEN, dtype=np.uint8)
    meaning[NON_FOREST] = OPEN
    meaning[FOREST] = np.arange(256, dtype=np.uint8)
    meaning[FOREST, 0] = KEPT
    unknown = list(product.loss_year_nodata)
    meaning[NON_FOREST, unknown] = UNSEEN
    meaning[FOREST, unknown] = UNSEEN
    meaning[NODATA] = UNSEEN
    return _translate(np.ascontiguousarray(codes), loss, meaning)


def tile_windows(mosaic: Mosaic, window: Window, rows: int) -> Iterator[tuple[int, Window]]:
    """Yield (number of the tile, window) of a few rows of a tile at a time, all that tiles hold of `window`."""
    for number, tile in enumerate(mosaic.tiles):
        place = tile.window
        for top in range(place.row, place.row_stop, rows):
            band = Window(top, place.col, min(rows, place.row_stop - top), place.width).intersection(window)
            if band:
                yield number, band


def year_runs(years: Years, window: Window, *, last: int) -> YearRuns:
    """Return the runs of forest lost in the years of code 1 to `last`."""
    row, start, stop, value = _equal_runs(years, last)
    return YearRuns(row + np.int32(window.row), start + np.int32(window.col), stop + np.int32(window.col), value)


def joined(parts: Sequence[YearRuns]) -> YearRuns:
    """Put runs of windows together in the order of the lattice; a run that a border of windows cut becomes one again."""
    runs = YearRuns.concatenate(parts)
    row, start, stop, value = runs.pick(np.lexsort((runs.start, runs.row)))
    goes_on = (row[1:] == row[:-1]) & (stop[:-1] == start[1:]) & (value[1:] == value[:-1])
    first = np.flatnonzero(np.concatenate([[True], ~goes_on])) if len(row) else np.empty(0, dtype=np.int64)
    last = np.append(first[1:], len(row)) - 1 if len(row) else first
    return YearRuns(row[first], start[first], stop[last], value[first])


@njit(cache=True, nogil=True)
def _translate(codes: NDArray[np.uint8], loss: NDArray[np.uint8], meaning: NDArray[np.uint8]) -> Years:
    result = np.empty(codes.shape, dtype=np.uint8)
    for row in range(codes.shape[0]):
        for column in range(codes.shape[1]):
            result[row, column] = meaning[codes[row, column], loss[row, column]]
    return result


@njit(cache=True, nogil=True)
def _equal_runs(years: Years, last: int) -> tuple[Ints32, Ints32, Ints32, NDArray[np.uint8]]:
    """Collect runs in two passes: count, then write."""
    row, start = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32)
    stop, value = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.uint8)
    for write in (False, True):
        count = 0
        for line in range(years.shape[0]):
            before = 0
            for column in range(years.shape[1]):
                now = years[line, column] if years[line, column] <= last else 0
                if now != before:
                    if write and before:
                        stop[count - 1] = column
                    if now:
                        if write:
                            row[count], start[count], value[count] = line, column, now
                        count += 1
                    before = now
            if write and before:
                stop[count - 1] = years.shape[1]
        if not write:
            row, start = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int32)
            stop, value = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.uint8)
    return row, start, stop, value


def row_pointers(row: Ints32, low: int, high: int) -> Ints:
    """Return the first run of each row from `low` to `high` (one more at the end), for runs ordered by row."""
    return np.searchsorted(row, np.arange(low, high + 1)).astype(np.int64)
