"""Polygons to scanline spans of pixels, by the rule that a pixel belongs to the polygon that holds its centre.

A border between two polygons gives both the same crossing of a row, and spans are half-open: no pixel goes to both
neighbours, and none to neither. (Where only one of the two has an extra vertex on the common border, the border is not
the same line any more, by the rounding of the vertex.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numba import njit
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from raster.grid import Floats, Lattice
from raster.projected import project_rings

Ints = NDArray[np.int64]
Ints32 = NDArray[np.int32]


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
class Rings:
    """Rings of several polygons in columns and rows of a lattice.

    Attributes:
        x: Columns of all vertices.
        y: Rows of all vertices, downwards.
        start: First vertex of each ring, and the total at the end; shape (rings + 1,).
        shape: Index of the polygon of each ring, ascending; shape (rings,).
    """

    x: Floats
    y: Floats
    start: Ints
    shape: Ints

    @classmethod
    def of(cls, geometries: Sequence[BaseGeometry], lattice: Lattice) -> Rings:
        """Take polygons and multipolygons (lon/lat) apart; shells run counter-clockwise on the map, holes clockwise."""
        oriented = shapely.orient_polygons(np.asarray(geometries, dtype=object))
        parts, part_shape = shapely.get_parts(oriented, return_index=True)
        rings, ring_part = shapely.get_rings(parts, return_index=True)
        coordinates, vertex_ring = shapely.get_coordinates(rings, return_index=True)
        if not lattice.is_lonlat:
            pixel = (float(lattice.pixel_width), float(lattice.pixel_height))
            coordinates, vertex_ring = project_rings(coordinates, vertex_ring, way=lattice.projection, pixel=pixel)
        start = np.searchsorted(vertex_ring, np.arange(len(rings) + 1)).astype(np.int64)
        return cls(
            np.ascontiguousarray(lattice.columns(coordinates[:, 0])),
            np.ascontiguousarray(lattice.rows(coordinates[:, 1])),
            start,
            np.asarray(part_shape)[ring_part].astype(np.int64),
        )


def centre_spans(geometries: Sequence[BaseGeometry], lattice: Lattice) -> Spans:
    """Return the pixels whose centre lies in each polygon (even-odd over shells and holes).

    Args:
        geometries: Valid polygons or multipolygons, lon/lat; they may overlap, each is filled by itself.
        lattice: Grid of the product.
    """
    if not geometries:
        return no_spans()
    rings = Rings.of(geometries, lattice)
    shape, row, start, stop = _fill(rings.x, rings.y, rings.start, rings.shape, len(geometries))
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
    x: Floats, y: Floats, ring_start: Ints, ring_shape: Ints, shapes: int
) -> tuple[Ints32, Ints32, Ints32, Ints32]:
    """Collect where edges cross the centre line of each row, sort them, and pair them."""
    first, offset = _slots(y, ring_start, ring_shape, shapes)
    ends = np.zeros(offset[shapes] + 1, dtype=np.int64)
    for ring in range(len(ring_shape)):
        base = offset[ring_shape[ring]] - first[ring_shape[ring]]
        for vertex in range(ring_start[ring], ring_start[ring + 1] - 1):
            one, other = _first_centre(y[vertex]), _first_centre(y[vertex + 1])
            for row in range(min(one, other), max(one, other)):
                ends[base + row + 1] += 1
    for slot in range(len(ends) - 1):
        ends[slot + 1] += ends[slot]
    crossings, used = np.empty(ends[-1]), ends[:-1].copy()
    for ring in range(len(ring_shape)):
        base = offset[ring_shape[ring]] - first[ring_shape[ring]]
        for vertex in range(ring_start[ring], ring_start[ring + 1] - 1):
            _cross(x, y, vertex, base, crossings, used)
    return _pair(crossings, ends, offset, first)


@njit(cache=True, nogil=True)
def _slots(y: Floats, ring_start: Ints, ring_shape: Ints, shapes: int) -> tuple[Ints, Ints]:
    """Give each row of each shape a slot: first row of each shape, and the slot of this row (and the total)."""
    first, last = np.full(shapes, 2**62), np.full(shapes, -(2**62))
    for ring in range(len(ring_shape)):
        shape = ring_shape[ring]
        for vertex in range(ring_start[ring], ring_start[ring + 1]):
            row = _first_centre(y[vertex])
            first[shape], last[shape] = min(first[shape], row), max(last[shape], row)
    offset = np.zeros(shapes + 1, dtype=np.int64)
    for shape in range(shapes):
        offset[shape + 1] = offset[shape] + max(0, last[shape] - first[shape])
    return first, offset


@njit(cache=True, nogil=True)
def _cross(x: Floats, y: Floats, vertex: int, base: int, crossings: Floats, used: Ints) -> None:
    """Write the crossings of the edge that begins at a vertex."""
    # The lower end first, whatever the direction of the ring: neighbours get the same digits.
    low, high = (vertex, vertex + 1) if y[vertex] <= y[vertex + 1] else (vertex + 1, vertex)
    row, stop = _first_centre(y[low]), _first_centre(y[high])
    if row < stop:
        slope = (x[high] - x[low]) / (y[high] - y[low])
        for line in range(row, stop):
            crossings[used[base + line]] = x[low] + (line + 0.5 - y[low]) * slope
            used[base + line] += 1


@njit(cache=True, nogil=True)
def _pair(crossings: Floats, ends: Ints, offset: Ints, first: Ints) -> tuple[Ints32, Ints32, Ints32, Ints32]:
    """Turn the crossings of each row into runs of pixels."""
    limit = len(crossings) // 2
    out_shape, out_row = np.empty(limit, dtype=np.int32), np.empty(limit, dtype=np.int32)
    out_start, out_stop = np.empty(limit, dtype=np.int32), np.empty(limit, dtype=np.int32)
    count = 0
    for shape in range(len(first)):
        for slot in range(offset[shape], offset[shape + 1]):
            line = crossings[ends[slot] : ends[slot + 1]]
            line.sort()
            fresh = True
            for pair in range(len(line) // 2):
                start, stop = _first_centre(line[2 * pair]), _first_centre(line[2 * pair + 1])
                if start == stop:
                    continue
                if not fresh and out_stop[count - 1] == start:
                    out_stop[count - 1] = stop
                    continue
                out_shape[count], out_row[count] = shape, first[shape] + slot - offset[shape]
                out_start[count], out_stop[count] = start, stop
                count += 1
                fresh = False
    return out_shape[:count].copy(), out_row[:count].copy(), out_start[:count].copy(), out_stop[:count].copy()
