"""Bands: rows of tiles, and which sides of polygons reach into each; kernels over the runs of a band."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from raster.grid import Window
from raster.mosaic import Mosaic
from raster.patches import LOW
from raster.spans import Edges, Ints, Ints32, Rows
from raster.zoning import Outline

Place = tuple[int, Window, Outline, tuple[Ints, Ints, Ints]]
"""Tile, window, outline, and which of its sides reach into the window."""


@dataclass(frozen=True)
class Cells:
    """Borders of tiles and bands, all ascending with both ends.

    Attributes:
        columns: Columns at which tiles begin or end.
        tile_rows: Rows at which they do.
        rows: Rows at which bands begin, within the rows that are measured.
    """

    columns: Ints
    tile_rows: Ints
    rows: Ints

    @classmethod
    def of(cls, mosaics: Sequence[Mosaic], rows: Rows, rows_per_band: int) -> Cells:
        """Take the borders of every layer's tiles."""
        tiles = [tile.window for mosaic in mosaics for tile in mosaic.tiles]
        columns = {edge for tile in tiles for edge in (tile.col, tile.col_stop)}
        tile_rows = {edge for tile in tiles for edge in (tile.row, tile.row_stop)}
        # Bands begin at the tops of the first layer's tiles, whose blocks are the ones that must not be read twice.
        bands = set(tile_rows)
        for place in mosaics[0].tiles:
            bands |= set(range(place.window.row, place.window.row_stop, rows_per_band))
        inner = {*rows, *(row for row in bands if rows[0] < row < rows[1])}
        return cls(np.array(sorted(columns)), np.array(sorted(tile_rows)), np.array(sorted(inner)))

    def column(self, places: NDArray[np.int64]) -> Ints:
        """Return the interval between `columns` that each column lies in; what lies outside goes to the next one."""
        return np.clip(np.searchsorted(self.columns, places, side="right") - 1, 0, len(self.columns) - 2)

    def tile(self, row: int, column: int) -> int:
        """Return the number of the tile at a row and an interval of columns."""
        line = int(np.searchsorted(self.tile_rows, row, side="right")) - 1
        return line * (len(self.columns) - 1) + column


def band_windows(outline: Outline, cells: Cells) -> Iterator[Place]:
    """Yield the bands of each tile that the bounds of a zone reach into."""
    across, bands = len(cells.columns) - 1, len(cells.rows) - 1
    tile_of = np.array([cells.tile(int(row), 0) for row in cells.rows[:-1]])
    by_key = [_sides_by_key(sides, cells, tile_of, across) for sides in (outline.centred, outline.parted)]
    strata = _sides_by_band(outline.strata, cells)
    nothing = np.empty(0, dtype=np.int64)
    for key in sorted(by_key[0].keys() | by_key[1].keys()):
        tile, band = divmod(key, bands)
        column = tile % across
        window = Window(
            int(cells.rows[band]),
            int(cells.columns[column]),
            int(cells.rows[band + 1] - cells.rows[band]),
            int(cells.columns[column + 1] - cells.columns[column]),
        )
        picked = (by_key[0].get(key, nothing), by_key[1].get(key, nothing), strata.get(band, nothing))
        yield tile, window, outline, picked


def zone_windows(outline: Outline, cells: Cells) -> Iterator[Place]:
    """Yield the bounds of each zone, with the tile that its upper left corner lies in."""
    shapes = int(max((sides.shape[-1] for sides in (outline.centred, outline.parted) if len(sides)), default=-1)) + 1
    row, col, row_stop, col_stop = (ends.tolist() for ends in outline.bounds(shapes))
    strata = np.arange(len(outline.strata))
    places = [
        np.searchsorted(sides.shape, np.arange(shapes + 1)).tolist() for sides in (outline.centred, outline.parted)
    ]
    for zone in range(shapes):
        centred, parted = (np.arange(ends[zone], ends[zone + 1]) for ends in places)
        window = Window(row[zone], col[zone], row_stop[zone] - row[zone], col_stop[zone] - col[zone])
        tile = cells.tile(row[zone], int(cells.column(np.array([col[zone]]))[0]))
        yield tile, window, outline, (centred, parted, strata)


def _sides_by_key(sides: Edges, cells: Cells, tile_of: Ints, across: int) -> dict[int, Ints]:
    """Return which sides a band of a tile needs: those in its rows of every polygon that reaches into its columns."""
    if not len(sides):
        return {}
    side, band = _bands(sides, cells)
    begin = np.flatnonzero(np.diff(sides.shape, prepend=-1))
    own = np.cumsum(np.diff(sides.shape, prepend=sides.shape[0]) != 0)[side]
    left = cells.column(np.floor(np.minimum.reduceat(np.minimum(sides.x0, sides.x1), begin)).astype(np.int64))
    right = cells.column(np.ceil(np.maximum.reduceat(np.maximum(sides.x0, sides.x1), begin)).astype(np.int64) - 1)
    place, step = repeated(np.maximum(right - left, 0)[own] + 1)
    column = left[own[place]] + step
    key = (tile_of[band[place]] + column) * (len(cells.rows) - 1) + band[place]
    return _grouped(key, side[place])


def _sides_by_band(sides: Edges, cells: Cells) -> dict[int, Ints]:
    if not len(sides):
        return {}
    side, band = _bands(sides, cells)
    return _grouped(band, side)


def _bands(sides: Edges, cells: Cells) -> tuple[Ints, Ints]:
    """Return every pair of a side and a band that it reaches into."""
    last = len(cells.rows) - 2
    top = np.floor(np.minimum(sides.y0, sides.y1)).astype(np.int64)
    bottom = np.floor(np.maximum(sides.y0, sides.y1)).astype(np.int64)
    first = np.searchsorted(cells.rows, top, side="right") - 1
    final = np.searchsorted(cells.rows, bottom, side="right") - 1
    inside = (final >= 0) & (first <= last)
    chosen = np.flatnonzero(inside)
    first, final = np.maximum(first[chosen], 0), np.minimum(final[chosen], last)
    place, step = repeated(final - first + 1)
    return chosen[place], first[place] + step


def _grouped(key: Ints, value: Ints) -> dict[int, Ints]:
    """Return the values of each key, in the order in which they were given."""
    order = np.argsort(key, kind="stable")
    key, value = key[order], value[order]
    begin = np.flatnonzero(np.diff(key, prepend=-1))
    return dict(zip(key[begin].tolist(), np.split(value, begin[1:]), strict=True))


def repeated(times: Ints) -> tuple[Ints, Ints]:
    """Return each index as often as told, and how many of it came before: [2, 1] gives [0, 0, 1] and [0, 1, 0]."""
    index = np.repeat(np.arange(len(times)), times)
    return index, np.arange(len(index)) - np.repeat(np.cumsum(times) - times, times)


@njit(cache=True, nogil=True)
def add_runs(number: Ints, start: Ints32, stop: Ints32, area: Ints, nominal: Ints, sums: Ints) -> None:
    """Add runs to the sums of their numbers, shape (5, numbers): pixels, area (two halves), nominal area (two halves)."""
    for run in range(len(number)):
        length, place = np.int64(stop[run] - start[run]), number[run]
        sums[0, place] += length
        sums[2, place] += length * (area[run] & LOW)
        sums[1, place] += length * (area[run] >> 32) + (sums[2, place] >> 32)
        sums[2, place] &= LOW
        sums[4, place] += length * (nominal[run] & LOW)
        sums[3, place] += length * (nominal[run] >> 32) + (sums[4, place] >> 32)
        sums[4, place] &= LOW


def exact(halves: Ints) -> int:
    """Return the integer (or the sum of integers) of high and low halves, shape (2,) or (2, n)."""
    return (int(halves[0].sum()) << 32) + int(halves[1].sum())
