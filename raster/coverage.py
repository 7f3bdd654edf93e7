"""The part of each pixel that a polygon covers.

Each edge is cut at the pixels it runs through and adds, to its pixel, the signed area between the piece and the
pixel's right side, and to every pixel further right the height of the piece. The running sum over a row is the exact
covered part, up to the rounding of float64, at a cost that grows with the border and not with the area.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from raster.grid import Floats, Lattice
from raster.spans import EVERY_ROW, Edges, Ints32, Rows, Spans, no_spans

SNAP = 1e-9
"""A covered part this near to 0 or 1 is 0 or 1: coordinates in degrees are not known to more digits of a pixel."""


def fraction_spans(geometries: Sequence[BaseGeometry], lattice: Lattice) -> Spans:
    """Return every pixel that a polygon covers in part or whole, with the part.

    Args:
        geometries: Valid polygons or multipolygons, lon/lat; they may overlap, each is measured by itself.
        lattice: Grid of the product.

    Returns:
        Runs of whole pixels (fraction 1) and single border pixels (fraction between 0 and 1).
    """
    return fill_fractions(Edges.of(geometries, lattice)) if geometries else no_spans()


def fill_fractions(edges: Edges, rows: Rows = EVERY_ROW) -> Spans:
    """Return the same in rows from the first of `rows` to before the second."""
    shape, row, column, height, area = _pieces(edges.shape, edges.x0, edges.y0, edges.x1, edges.y1, rows[0], rows[1])
    order = np.lexsort((column, row, shape))
    swept = _sweep(shape[order], row[order], column[order], height[order], area[order])
    return Spans(*swept)


@njit(cache=True, nogil=True)
def _pieces(
    shape: Ints32, x0: Floats, y0: Floats, x1: Floats, y1: Floats, top: int, bottom: int
) -> tuple[Ints32, Ints32, Ints32, Floats, Floats]:
    """Cut every side at the borders of pixels; shells run so that their left side on the map goes down."""
    limit = 0
    for side in range(len(shape)):
        one, other = math.floor(y0[side]), math.floor(y1[side])
        rows = max(0, min(max(one, other), bottom) - max(min(one, other), top) + 1)
        limit += (abs(math.floor(x1[side]) - math.floor(x0[side])) + 2 * rows + 4) * (rows > 0)
    out_shape, row = np.empty(limit, dtype=np.int32), np.empty(limit, dtype=np.int32)
    column = np.empty(limit, dtype=np.int32)
    height, area = np.empty(limit), np.empty(limit)
    count = 0
    for side in range(len(shape)):
        before = count
        down = y0[side] < y1[side]
        if y0[side] == y1[side]:
            # A level side adds nothing, but its pixels are covered in part: the sweep has to stop at each.
            line = math.floor(y0[side])
            if top <= line < bottom:
                left, right = min(x0[side], x1[side]), max(x0[side], x1[side])
                for pixel in range(math.floor(left), math.floor(right) + 1):
                    row[count], column[count], height[count], area[count] = line, pixel, 0.0, 0.0
                    count += 1
        elif down:
            ends = (x0[side], y0[side], x1[side], y1[side])
            count = _cut(ends, 1.0, top, bottom, count, row, column, height, area)
        else:
            ends = (x1[side], y1[side], x0[side], y0[side])
            count = _cut(ends, -1.0, top, bottom, count, row, column, height, area)
        out_shape[before:count] = shape[side]
    return out_shape[:count], row[:count], column[:count], height[:count], area[:count]


@njit(cache=True, nogil=True)
def _cut(
    ends: tuple[float, float, float, float],
    sign: float,
    top: int,
    bottom: int,
    count: int,
    row: Ints32,
    column: Ints32,
    height: Floats,
    area: Floats,
) -> int:
    """Write the pieces of one side (x and y of its upper, then its lower end) and return the next position."""
    x_low, y_low, x_high, y_high = ends
    slope = (x_high - x_low) / (y_high - y_low)
    least, most = min(x_low, x_high), max(x_low, x_high)
    line, y_here, x_here = math.floor(y_low), y_low, x_low
    if line < top < y_high:
        line, y_here = top, float(top)
        x_here = min(max(x_low + (y_here - y_low) * slope, least), most)
    while line >= top and line < bottom and y_here < y_high:
        y_next, x_next = y_high, x_high
        if line + 1 < y_high:
            y_next = float(line + 1)
            x_next = min(max(x_low + (y_next - y_low) * slope, least), most)
        rise, left, right = y_next - y_here, min(x_here, x_next), max(x_here, x_next)
        pixel, x_cut = math.floor(left), left
        while True:
            x_stop = min(float(pixel + 1), right)
            part = sign * (rise if left == right else rise * (x_stop - x_cut) / (right - left))
            row[count], column[count] = line, pixel
            height[count], area[count] = part, part * (pixel + 1 - (x_cut + x_stop) / 2.0)
            count += 1
            if x_stop >= right:
                break
            pixel, x_cut = pixel + 1, x_stop
        line, y_here, x_here = line + 1, y_next, x_next
    return count


@njit(cache=True, nogil=True)
def _sweep(
    shape: Ints32, row: Ints32, column: Ints32, height: Floats, area: Floats
) -> tuple[Ints32, Ints32, Ints32, Ints32, NDArray[np.float64]]:
    """Sum pieces (ordered by shape, row, column) along each row into runs."""
    limit = 2 * len(shape)
    out_shape, out_row = np.empty(limit, dtype=np.int32), np.empty(limit, dtype=np.int32)
    out_start, out_stop = np.empty(limit, dtype=np.int32), np.empty(limit, dtype=np.int32)
    out_fraction = np.empty(limit)
    count, index, running = 0, 0, 0.0
    while index < len(shape):
        same_row = index > 0 and shape[index] == shape[index - 1] and row[index] == row[index - 1]
        here = column[index]
        if not same_row:
            running = 0.0
        elif running > 0.5 and column[index - 1] + 1 < here:
            out_shape[count], out_row[count] = shape[index], row[index]
            out_start[count], out_stop[count], out_fraction[count] = column[index - 1] + 1, here, 1.0
            count += 1
        covered, begin = running, index
        while (
            index < len(shape) and column[index] == here and row[index] == row[begin] and shape[index] == shape[begin]
        ):
            covered += area[index]
            running += height[index]
            index += 1
        if covered > SNAP:
            out_shape[count], out_row[count] = shape[begin], row[begin]
            out_start[count], out_stop[count] = here, here + 1
            out_fraction[count] = 1.0 if covered > 1.0 - SNAP else covered
            count += 1
    return (
        out_shape[:count].copy(),
        out_row[:count].copy(),
        out_start[:count].copy(),
        out_stop[:count].copy(),
        out_fraction[:count].copy(),
    )
