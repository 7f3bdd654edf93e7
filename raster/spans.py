"""Polygons to scanline spans of pixels, by the rule that a pixel belongs to the polygon that holds its centre.

A border between two polygons gives both the same crossing of a row, and spans are half-open: no pixel goes to both
neighbours, and none to neither. (Where only one of the two has an extra vertex on the common border, the border is not
the same line any more, by the rounding of the vertex.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numba import njit
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from raster.grid import Floats, Lattice
from raster.projected import project_rings

Ints = NDArray[np.int64]
Ints32 = NDArray[np.int32]
Rows = tuple[int, int]
EVERY_ROW = (-(2**31), 2**31 - 1)
_MANY = 32
"""More crossings of a row than this are sorted by numpy's way instead of by insertion."""


@dataclass(frozen=True)
class Spans:
    """Runs of pixels of several shapes, ordered by shape, row and column; all arrays have shape (n,).

    Attributes:
        shape: Index of the shape.
        row: Row on the lattice.
        start: First column.
        stop: First column after the run.
        fraction: Part of each pixel that counts, above 0 to 1.
    """

    shape: Ints32
    row: Ints32
    start: Ints32
    stop: Ints32
    fraction: Floats


@dataclass(frozen=True)
class Edges:
    """Sides of several polygons in columns and rows of a lattice, polygon by polygon; all arrays have shape (n,).

    Shells run counter-clockwise on the map and holes clockwise. A few rows of a polygon need only the sides that reach
    into them.

    Attributes:
        shape: Index of the polygon, ascending.
        x0: Column at which the side begins.
        y0: Row at which it begins, downwards.
        x1: Column at which it ends.
        y1: Row at which it ends.
    """

    shape: Ints32
    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats

    @classmethod
    def of(cls, geometries: Sequence[BaseGeometry], lattice: Lattice) -> Edges:
        """Take polygons and multipolygons (lon/lat) apart."""
        oriented = shapely.orient_polygons(np.asarray(geometries, dtype=object))
        parts, part_shape = shapely.get_parts(oriented, return_index=True)
        rings, ring_part = shapely.get_rings(parts, return_index=True)
        coordinates, ring = shapely.get_coordinates(rings, return_index=True)
        if not lattice.is_lonlat:
            pixel = (float(lattice.pixel_width), float(lattice.pixel_height))
            coordinates, ring = project_rings(coordinates, ring, way=lattice.projection, pixel=pixel)
        side = np.flatnonzero(ring[1:] == ring[:-1])
        x, y = lattice.columns(coordinates[:, 0]), lattice.rows(coordinates[:, 1])
        shape = np.asarray(part_shape)[ring_part][ring[side]].astype(np.int32)
        return cls(shape, x[side], y[side], x[side + 1], y[side + 1])

    @classmethod
    def none(cls) -> Edges:
        """Return the sides of no polygon."""
        return cls(np.empty(0, dtype=np.int32), *(np.empty(0) for _ in range(4)))

    def __len__(self) -> int:
        return len(self.shape)

    def pick(self, sides: NDArray[Any]) -> Edges:
        """Return some of the sides."""
        return Edges(self.shape[sides], self.x0[sides], self.y0[sides], self.x1[sides], self.y1[sides])

    def pixels(self, shapes: int) -> Floats:
        """Return how many pixels large each polygon is, shape (shapes,)."""
        doubled = np.bincount(self.shape, self.x1 * self.y0 - self.x0 * self.y1, minlength=shapes)
        return np.asarray(np.abs(doubled) / 2)

    def centres(self, shapes: int) -> Ints:
        """Return how many pixels have their centre in each polygon, without their runs, shape (shapes,)."""
        return _count(self.shape, self.x0, self.y0, self.x1, self.y1, shapes)


def centre_spans(geometries: Sequence[BaseGeometry], lattice: Lattice) -> Spans:
    """Return the pixels whose centre lies in each polygon (even-odd over shells and holes).

    Args:
        geometries: Valid polygons or multipolygons, lon/lat; they may overlap, each is filled by itself.
        lattice: Grid of the product.
    """
    return fill_centres(Edges.of(geometries, lattice)) if geometries else no_spans()


def fill_centres(edges: Edges, rows: Rows = EVERY_ROW) -> Spans:
    """Return the pixels whose centre lies in each polygon, in rows from the first of `rows` to before the second."""
    shape, row, start, stop = _fill(edges.shape, edges.x0, edges.y0, edges.x1, edges.y1, rows[0], rows[1])
    return Spans(shape, row, start, stop, np.ones(len(row)))


def no_spans() -> Spans:
    """Return the spans of no shape."""
    none = np.empty(0, dtype=np.int32)
    return Spans(none, none, none, none, np.empty(0))


@njit(cache=True, nogil=True)
def _first_centre(value: float) -> int:
    """Return the first pixel whose centre does not lie before the value."""
    return math.ceil(value - 0.5)


@njit(cache=True, nogil=True)
def _fill(
    shape: Ints32, x0: Floats, y0: Floats, x1: Floats, y1: Floats, top: int, bottom: int
) -> tuple[Ints32, Ints32, Ints32, Ints32]:
    """Collect where sides cross the centre line of each row, sort them, and pair them."""
    first, last = _crossed(y0, y1, top, bottom)
    begin, top_row, offset = _slots(shape, first, last)
    ends = np.zeros(offset[-1] + 2, dtype=np.int64)
    for polygon in range(len(begin) - 1):
        base = offset[polygon] - top_row[polygon]
        for side in range(begin[polygon], begin[polygon + 1]):
            if first[side] < last[side]:
                ends[base + first[side] + 1] += 1
                ends[base + last[side] + 1] -= 1
    for _ in range(2):  # from differences to crossings by row, from these to where each row's end
        for slot in range(1, len(ends)):
            ends[slot] += ends[slot - 1]
    crossings, used = np.empty(ends[-1]), ends[:-1].copy()
    for polygon in range(len(begin) - 1):
        base = offset[polygon] - top_row[polygon]
        for side in range(begin[polygon], begin[polygon + 1]):
            # The upper end first, whatever the direction of the ring: neighbours get the same digits.
            if y0[side] <= y1[side]:
                x, y, x_end, y_end = x0[side], y0[side], x1[side], y1[side]
            else:
                x, y, x_end, y_end = x1[side], y1[side], x0[side], y0[side]
            slope = (x_end - x) / (y_end - y) if y_end > y else 0.0
            for row in range(first[side], last[side]):
                crossings[used[base + row]] = x + (row + 0.5 - y) * slope
                used[base + row] += 1
    return _pair(crossings, ends, shape, begin, top_row, offset)


@njit(cache=True, nogil=True)
def _count(shape: Ints32, x0: Floats, y0: Floats, x1: Floats, y1: Floats, shapes: int) -> Ints:
    """Add up where runs stop and take away where they start: sides that go up have their polygon to the left."""
    count = np.zeros(shapes, dtype=np.int64)
    first, last = _crossed(y0, y1, EVERY_ROW[0], EVERY_ROW[1])
    for side in range(len(shape)):
        if y0[side] <= y1[side]:
            x, y, x_end, y_end, sign = x0[side], y0[side], x1[side], y1[side], -1
        else:
            x, y, x_end, y_end, sign = x1[side], y1[side], x0[side], y0[side], 1
        slope = (x_end - x) / (y_end - y) if y_end > y else 0.0
        for row in range(first[side], last[side]):
            count[shape[side]] += sign * _first_centre(x + (row + 0.5 - y) * slope)
    return count


@njit(cache=True, nogil=True)
def _crossed(y0: Floats, y1: Floats, top: int, bottom: int) -> tuple[Ints, Ints]:
    """Return the first row whose centre line each side crosses, and the row after the last."""
    first, last = np.empty(len(y0), dtype=np.int64), np.empty(len(y0), dtype=np.int64)
    for side in range(len(y0)):
        one, other = _first_centre(y0[side]), _first_centre(y1[side])
        first[side] = min(max(min(one, other), top), bottom)
        last[side] = min(max(max(one, other), top), bottom)
    return first, last


@njit(cache=True, nogil=True)
def _slots(shape: Ints32, first: Ints, last: Ints) -> tuple[Ints, Ints, Ints]:
    """Give each row of each polygon a slot.

    Returns:
        First side, top row and first slot of each polygon (sides and slots with their total at the end).
    """
    count = 0
    for side in range(len(shape)):
        count += side == 0 or shape[side] != shape[side - 1]
    begin, offset = np.zeros(count + 1, dtype=np.int64), np.zeros(count + 1, dtype=np.int64)
    top_row = np.zeros(count, dtype=np.int64)
    polygon, side = 0, 0
    while side < len(shape):
        begin[polygon] = side
        low, high = 2**62, -(2**62)
        while side < len(shape) and shape[side] == shape[begin[polygon]]:
            if first[side] < last[side]:
                low, high = min(low, first[side]), max(high, last[side])
            side += 1
        top_row[polygon] = low if low < high else 0
        offset[polygon + 1] = offset[polygon] + max(0, high - low)
        polygon += 1
    begin[count] = len(shape)
    return begin, top_row, offset


@njit(cache=True, nogil=True)
def _pair(
    crossings: Floats, ends: Ints, shape: Ints32, begin: Ints, top_row: Ints, offset: Ints
) -> tuple[Ints32, Ints32, Ints32, Ints32]:
    """Turn the crossings of each row into runs of pixels."""
    limit = len(crossings) // 2
    out_shape, out_row = np.empty(limit, dtype=np.int32), np.empty(limit, dtype=np.int32)
    out_start, out_stop = np.empty(limit, dtype=np.int32), np.empty(limit, dtype=np.int32)
    count = 0
    for polygon in range(len(top_row)):
        for slot in range(offset[polygon], offset[polygon + 1]):
            low, high = ends[slot], ends[slot + 1]
            _sort(crossings, low, high)
            fresh = True
            for pair in range(low, high - 1, 2):
                start, stop = _first_centre(crossings[pair]), _first_centre(crossings[pair + 1])
                if start == stop:
                    continue
                if not fresh and out_stop[count - 1] == start:
                    out_stop[count - 1] = stop
                    continue
                out_shape[count] = shape[begin[polygon]]
                out_row[count] = top_row[polygon] + slot - offset[polygon]
                out_start[count], out_stop[count] = start, stop
                count += 1
                fresh = False
    return out_shape[:count].copy(), out_row[:count].copy(), out_start[:count].copy(), out_stop[:count].copy()


@njit(cache=True, nogil=True)
def _sort(crossings: Floats, low: int, high: int) -> None:
    """Sort a part of an array in place; most rows of most polygons have two crossings."""
    if high - low > _MANY:
        crossings[low:high].sort()
        return
    for place in range(low + 1, high):
        value, before = crossings[place], place - 1
        while before >= low and crossings[before] > value:
            crossings[before + 1] = crossings[before]
            before -= 1
        crossings[before + 1] = value


@njit(cache=True, nogil=True)
def row_order(row: Ints32, kept: NDArray[np.bool_], top: int, height: int) -> Ints:
    """Return the places of the runs that are kept, ordered by row and as they were within one."""
    first = np.zeros(height + 1, dtype=np.int64)
    for run in range(len(row)):
        first[row[run] - top + 1] += kept[run]
    for line in range(height):
        first[line + 1] += first[line]
    order = np.empty(first[height], dtype=np.int64)
    for run in range(len(row)):
        if kept[run]:
            order[first[row[run] - top]] = run
            first[row[run] - top] += 1
    return order
