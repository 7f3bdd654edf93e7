"""Forest patches below the minimum area: found by runs of pixels and a union-find, areas exact in square micrometres.

Areas are held as two integers of 64 bits (high * 2**32 + low), because one cannot hold the area of a large patch.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from raster.area import EarthModel, row_areas_um2
from raster.connecting import connect
from raster.grid import Lattice, Window
from raster.rules import FOREST, NON_FOREST, UNREAD, ForestRule
from raster.spans import Ints, Ints32

Codes = NDArray[np.uint8]
LOW = 2**32 - 1
_SOME_RUNS = 4096


class Partial(NamedTuple):
    """Pixels that count by less than their whole area, ordered by row and column.

    Attributes:
        first: First entry of each row of the array, and the total; shape (rows + 1,).
        column: Column in the array, shape (n,).
        area_um2: What the pixel counts, shape (n,).
    """

    first: Ints
    column: Ints
    area_um2: Ints

    @classmethod
    def none(cls, rows: int) -> Partial:
        """Return the empty list for an array of `rows` rows."""
        empty = np.empty(0, dtype=np.int64)
        return cls(np.zeros(rows + 1, dtype=np.int64), empty, empty)


class Found(NamedTuple):
    """Runs of pixels: first run of each row (and the total), shape (rows + 1,); start and stop columns, shape (n,)."""

    first: Ints
    start: Ints32
    stop: Ints32


def remove_small_patches(
    codes: Codes, *, row_area_um2: Ints, forest: ForestRule, open_edges: bool, partial: Partial | None = None
) -> None:
    """Turn forest pixels of too small patches into non-forest, in place.

    A patch that reaches pixels no tile holds (UNREAD) is kept, since its whole area is not known.

    Args:
        codes: Cover codes, shape (rows, columns).
        row_area_um2: Area of a pixel of each row, shape (rows,).
        forest: The minimum area, its rule and the connectivity.
        open_edges: Whether patches may go on beyond the edges of the array; these are kept too.
        partial: Pixels that count by less than their whole area.
    """
    _remove(
        codes,
        row_area_um2,
        Partial.none(codes.shape[0]) if partial is None else partial,
        forest.min_area_um2 >> 32,
        forest.min_area_um2 & LOW,
        forest.min_area_rule == "at_least",
        forest.reach,
        open_edges,
    )


def patch_margin(window: Window, *, lattice: Lattice, forest: ForestRule, earth: EarthModel) -> int:
    """Return how many pixels around a window decide about its patches.

    A patch that holds a pixel of the window and reaches beyond the margin has more pixels than the margin is wide,
    and so more than the minimum area: whether it goes on does not matter.

    Raises:
        GridError: The minimum area is so large that the margin would pass a pole.
    """
    if not forest.filters_patches or forest.patch_extent == "zone":
        return 0
    margin = 1
    while True:
        # Pixels shrink towards the poles, so the smallest of a range of rows is at one of its ends.
        ends = (window.row - margin, window.row_stop + margin - 1)
        smallest = min(int(row_areas_um2(lattice, row=row, height=1, earth=earth)[0]) for row in ends)
        needed = -(-forest.min_area_um2 // smallest) + 1
        if needed <= margin:
            return margin
        margin = needed


@njit(cache=True, nogil=True)
def _runs(codes: Codes) -> Found:
    """Find the runs of forest or unread pixels."""
    rows, columns = codes.shape
    first = np.zeros(rows + 1, dtype=np.int64)
    edges = np.empty(columns + 9, dtype=np.int32)
    start, stop = np.empty(_SOME_RUNS, dtype=np.int32), np.empty(_SOME_RUNS, dtype=np.int32)
    count = 0
    for row in range(rows):
        found = _edges(codes[row], edges) // 2
        if count + found > len(start):
            room = max(2 * len(start), count + found)
            start, stop = _longer(start, room), _longer(stop, room)
        for run in range(found):
            start[count + run], stop[count + run] = edges[2 * run], edges[2 * run + 1]
        count += found
        first[row + 1] = count
    return Found(first, start[:count].copy(), stop[:count].copy())


@njit(cache=True, nogil=True)
def _edges(line: Codes, edges: Ints32) -> int:
    """Write the columns at which runs begin and end, one after the other, and return how many there are."""
    count, before = 0, False
    words = line[: len(line) - len(line) % 8].view(np.uint64)
    plain = np.uint64(0)
    for word in range(len(words)):
        # Eight pixels like the one before hold no edge.
        if words[word] == plain and word > 0:
            continue
        for column in range(8 * word, 8 * word + 8):
            now = line[column] in (FOREST, UNREAD)
            # Written for each pixel and kept for some, without a branch to mispredict.
            edges[count] = column
            count += now != before
            before = now
        plain = np.uint64(line[8 * word + 7]) * np.uint64(0x0101010101010101)
    for column in range(8 * len(words), len(line)):
        now = line[column] in (FOREST, UNREAD)
        edges[count] = column
        count += now != before
        before = now
    edges[count] = len(line)
    return count + before


@njit(cache=True, nogil=True)
def _longer(values: Ints32, room: int) -> Ints32:
    longer = np.empty(room, dtype=np.int32)
    longer[: len(values)] = values
    return longer


@njit(cache=True, nogil=True)
def _measure(runs: Found, root: Ints32, row_area: Ints, partial: Partial) -> tuple[Ints, Ints]:
    """Return the area of each patch (by the run that is its root) in two halves."""
    high, low = np.zeros(len(root), dtype=np.int64), np.zeros(len(root), dtype=np.int64)
    for row in range(len(row_area)):
        area_high, area_low, entry = row_area[row] >> 32, row_area[row] & LOW, partial.first[row]
        for run in range(runs.first[row], runs.first[row + 1]):
            length = runs.stop[run] - runs.start[run]
            high[root[run]] += length * area_high
            low[root[run]] += length * area_low
            while entry < partial.first[row + 1] and partial.column[entry] < runs.stop[run]:
                if partial.column[entry] >= runs.start[run]:
                    high[root[run]] += (partial.area_um2[entry] >> 32) - area_high
                    low[root[run]] += (partial.area_um2[entry] & LOW) - area_low
                entry += 1
    return high + (low >> 32), low & LOW


@njit(cache=True, nogil=True)
def _mark_open(codes: Codes, runs: Found, root: Ints32, open_edges: bool, kept: NDArray[np.bool_]) -> None:
    """Keep patches whose whole area is not known."""
    rows, columns = codes.shape
    for row in range(rows):
        edge_row = row in (0, rows - 1)
        for run in range(runs.first[row], runs.first[row + 1]):
            if kept[root[run]]:
                continue
            start, stop = runs.start[run], runs.stop[run]
            if open_edges and (edge_row or start == 0 or stop == columns):
                kept[root[run]] = True
                continue
            for column in range(start, stop):
                if codes[row, column] == UNREAD:
                    kept[root[run]] = True
                    break


@njit(cache=True, nogil=True)
def _remove(
    codes: Codes,
    row_area: Ints,
    partial: Partial,
    min_high: int,
    min_low: int,
    at_least: bool,
    reach: int,
    open_edges: bool,
) -> None:
    runs = _runs(codes)
    root = connect(runs.first, runs.start, runs.stop, None, reach)
    high, low = _measure(runs, root, row_area, partial)
    kept = (high > min_high) | ((high == min_high) & (low > min_low))
    if at_least:
        kept |= (high == min_high) & (low == min_low)
    _mark_open(codes, runs, root, open_edges, kept)
    for row in range(len(codes)):
        for run in range(runs.first[row], runs.first[row + 1]):
            if not kept[root[run]]:
                for column in range(runs.start[run], runs.stop[run]):
                    codes[row, column] = NON_FOREST
