"""The area of a lattice pixel on the ellipsoid, in whole square micrometres.

In longitude and latitude all pixels of a row are alike and have a closed form. In another CRS the area changes along the
row too: it is computed at nodes about NODE_M apart, and between them linearly in x and in y.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mrv.errors import GridError
from mrv.units import UM2_PER_M2, m2_to_um2
from raster.grid import Floats, Lattice
from raster.projected import LONLAT, Projection

Ints = NDArray[np.int64]
Ints32 = NDArray[np.int32]
MAX_PIXEL_UM2 = 2**62
NODE_M = 2000.0
"""Between nodes this far apart the scale of a map is straight to 3e-8 of itself, even at the edge of a UTM zone."""
_METRES_PER_DEGREE = 111_320.0
_DIFFERENCE_M = 1000.0
"""Step of the numerical derivative: its own error is below 1e-11, and so is that of the digits it takes away."""


@dataclass(frozen=True)
class EarthModel:
    """The body on which areas are measured.

    Attributes:
        name: Its name, for records.
        b: Polar semi-axis, metres.
        e2: First eccentricity squared; 0 is a sphere of radius `b`.
    """

    name: str
    b: float
    e2: float


WGS84 = EarthModel("WGS84", 6356752.314245, 0.00669437999014)


def cell_area_m2(
    *, north: Decimal | float, south: Decimal | float, width_deg: Decimal | float, earth: EarthModel = WGS84
) -> float:
    """Return the area between two parallels and two meridians.

    The closed form b^2/2 dlon [sin/(1 - e2 sin^2) + ln((1 + e sin)/(1 - e sin))/(2e)] from south to north, written as a
    product of differences: subtracting its two values directly would lose five digits on a pixel of 0.00025 degrees. For
    the same reason the height is taken before it is rounded: give decimals, and the area holds to 1e-15 of itself.

    Args:
        north: Upper latitude, degrees.
        south: Lower latitude, degrees.
        width_deg: Difference of longitude, degrees.
        earth: The ellipsoid.

    Returns:
        Square metres.
    """
    upper, lower = Decimal(north), Decimal(south)
    return _band_m2(
        math.sin(math.radians(upper)),
        math.sin(math.radians(lower)),
        2.0 * math.cos(math.radians((upper + lower) / 2)) * math.sin(math.radians((upper - lower) / 2)),
        math.radians(width_deg),
        earth,
    )


def _band_m2(sin_upper: float, sin_lower: float, rise: float, width: float, earth: EarthModel) -> float:
    """Return the area between two parallels, square metres; `rise` is the difference of their sines, `width` in radians."""
    e2, product = earth.e2, sin_upper * sin_lower
    rational = rise * (1.0 + e2 * product) / ((1.0 - e2 * sin_upper**2) * (1.0 - e2 * sin_lower**2))
    e = math.sqrt(e2)
    logarithm = math.atanh(e * rise / (1.0 - e2 * product)) / e if e else rise
    return earth.b**2 / 2.0 * width * (rational + logarithm)


def row_areas_um2(lattice: Lattice, *, row: int, height: int, earth: EarthModel = WGS84) -> NDArray[np.int64]:
    """Return the area of one pixel of each row.

    Args:
        lattice: The grid.
        row: First row.
        height: How many rows.
        earth: The ellipsoid.

    Returns:
        Square micrometres, int64, shape (height,).

    Raises:
        GridError: The lattice has another CRS, a row lies beyond a pole, or a pixel is too large for 64 bits.
    """
    if not lattice.is_lonlat:
        raise GridError(
            "pixels of a row have one area in longitude and latitude only",
            expected=LONLAT,
            found=lattice.crs,
            remedy="measure this product as classes or values",
        )
    edges = [lattice.y(index) for index in range(row, row + height + 1)]
    if edges[0] > 90 or edges[-1] < -90:
        raise GridError(
            "a row of the lattice lies beyond a pole",
            expected="latitudes within 90 degrees",
            found=f"{edges[-1]} to {edges[0]}",
            remedy="check the north edge and pixel size of the product",
        )
    # The height of a row is exact, since all rows have the same; latitudes themselves may be rounded.
    latitudes = [math.radians(float(edge)) for edge in edges]
    sines = [math.sin(latitude) for latitude in latitudes]
    width, half = math.radians(lattice.pixel_width), math.radians(lattice.pixel_height / 2)
    swing = 2.0 * math.sin(half)
    areas = [
        m2_to_um2(_band_m2(above, below, swing * math.cos(latitude - half), width, earth))
        for (above, below), latitude in zip(pairwise(sines), latitudes, strict=False)
    ]
    if max(areas, default=0) > MAX_PIXEL_UM2:
        raise GridError(
            "a pixel is too large to be measured in square micrometres of 64 bits",
            expected=f"at most {MAX_PIXEL_UM2} um2 (about 2 km side)",
            found=f"{max(areas)} um2",
            remedy="use a product of finer pixels",
        )
    return np.array(areas, dtype=np.int64)


def nominal_area_um2(lattice: Lattice) -> int | None:
    """Return width times height of a pixel, um2; None where the grid's units are degrees.

    Raises:
        GridError: It is not a whole number of square micrometres.
    """
    if not lattice.projection.projected:
        return None
    area = lattice.pixel_width * lattice.pixel_height * UM2_PER_M2
    if area != area.to_integral_value():
        raise GridError(
            "the nominal area of a pixel is no whole number of square micrometres",
            expected="sides with at most six decimals of a metre",
            found=f"{lattice.pixel_width} x {lattice.pixel_height} m",
            where=lattice.crs,
            remedy="declare the pixel size that the producer states",
        )
    return int(area)


def node_columns(lattice: Lattice) -> int:
    """Return how many columns lie between two nodes; runs have to be cut at its multiples before they are measured."""
    return _node_pixels(lattice, lattice.pixel_width)


def piece_areas_um2(
    lattice: Lattice, *, row: Ints32, start: Ints32, stop: Ints32, earth: EarthModel = WGS84
) -> NDArray[np.int64]:
    """Return the mean area of the pixels of each piece of a row, for lattices that are not in WGS 84 degrees.

    A piece lies between two nodes. Its pixels are all given the area at its middle, so the area of the piece is right
    to 1e-7 of itself; that of a single pixel at its end is off by up to 8e-6 (at the edge of a UTM zone).

    Args:
        lattice: The grid.
        row: Row of each piece, shape (n,).
        start: First column of each.
        stop: First column after each.
        earth: The ellipsoid.

    Returns:
        Square micrometres of one pixel, int64, shape (n,).

    Raises:
        GridError: A piece lies where the CRS does not hold, or its pixels are too large for 64 bits.
    """
    if not len(row):
        return np.empty(0, dtype=np.int64)
    across, down = node_columns(lattice), _node_pixels(lattice, lattice.pixel_height)
    u, v = (start.astype(np.float64) + stop) / 2 / across, (row + 0.5) / down
    left, top = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
    west, north = int(left.min()), int(top.min())
    columns, rows = np.arange(west, int(left.max()) + 2), np.arange(north, int(top.max()) + 2)
    nodes = _node_areas_m2(lattice, columns * across, rows * down, earth)
    i, j, u, v = top - north, left - west, u - left, v - top
    upper = nodes[i, j] * (1 - u) + nodes[i, j + 1] * u
    lower = nodes[i + 1, j] * (1 - u) + nodes[i + 1, j + 1] * u
    areas = (upper * (1 - v) + lower * v) * UM2_PER_M2
    if not (np.isfinite(areas) & (areas > 0) & (areas <= MAX_PIXEL_UM2)).all():
        raise GridError(
            "pixels of a lattice cannot be measured",
            expected=f"pixels of at most {MAX_PIXEL_UM2} um2 (about 2 km side) where {lattice.crs} holds",
            found=f"{areas.min():g} to {areas.max():g} um2",
            remedy="check the west and north edges, the pixel size and the CRS of the product",
        )
    return np.rint(areas).astype(np.int64)


def _node_pixels(lattice: Lattice, side: Decimal) -> int:
    metres = float(side) * (1.0 if lattice.projection.projected else _METRES_PER_DEGREE)
    return max(1, int(NODE_M / metres))


def _node_areas_m2(lattice: Lattice, columns: Ints, rows: Ints, earth: EarthModel) -> Floats:
    """Return the area of a pixel centred at each corner (row, column) of the lattice, m2, shape (rows, columns).

    It is the determinant of the derivative of (longitude, area from the equator) by (x, y): five-point differences.
    """
    way = lattice.projection
    x = float(lattice.west) + columns * float(lattice.pixel_width)
    y = float(lattice.north) - rows * float(lattice.pixel_height)
    x, y = (grid.ravel() for grid in np.meshgrid(x, y))
    step = _DIFFERENCE_M if way.projected else _DIFFERENCE_M / _METRES_PER_DEGREE
    lon_x, area_x = _derivative(way, x, y, step, 0.0, earth)
    lon_y, area_y = _derivative(way, x, y, 0.0, step, earth)
    scale = (lon_x * area_y - lon_y * area_x) / step**2
    return np.asarray(scale * float(lattice.pixel_width * lattice.pixel_height)).reshape(len(rows), len(columns))


def _derivative(
    way: Projection, x: Floats, y: Floats, dx: float, dy: float, earth: EarthModel
) -> tuple[Floats, Floats]:
    """Return the change over one step of longitude (radians) and of the area below it (m2 per radian)."""
    values = [_equal_area(*way.inverse(x + times * dx, y + times * dy), earth) for times in (-2, -1, 1, 2)]
    longitude, area = ((8 * (c - b) - (d - a)) / 12 for a, b, c, d in zip(*values, strict=True))
    return longitude, area


def _equal_area(longitude: Floats, latitude: Floats, earth: EarthModel) -> tuple[Floats, Floats]:
    """Return longitude in radians and the area between equator and parallel, m2 per radian of longitude."""
    sin = np.sin(np.radians(latitude))
    e = math.sqrt(earth.e2)
    logarithm = np.arctanh(e * sin) / e if e else sin
    return np.radians(longitude), earth.b**2 / 2.0 * (sin / (1.0 - earth.e2 * sin**2) + logarithm)
