"""The area of a lattice pixel on the ellipsoid, in whole square micrometres."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mrv.errors import GridError
from mrv.units import m2_to_um2
from raster.grid import Lattice
from raster.projected import LONLAT

MAX_PIXEL_UM2 = 2**62


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


def cell_area_m2(*, north: float, south: float, width_deg: float, earth: EarthModel = WGS84) -> float:
    """Return the area between two parallels and two meridians.

    The closed form b^2/2 dlon [sin/(1 - e2 sin^2) + ln((1 + e sin)/(1 - e sin))/(2e)] from south to north, written as a
    product of differences: subtracting its two values directly would lose five digits on a pixel of 0.00025 degrees.

    Args:
        north: Upper latitude, degrees.
        south: Lower latitude, degrees.
        width_deg: Difference of longitude, degrees.
        earth: The ellipsoid.

    Returns:
        Square metres.
    """
    upper, lower = math.radians(north), math.radians(south)
    sin_upper, sin_lower = math.sin(upper), math.sin(lower)
    rise = 2.0 * math.cos((upper + lower) / 2.0) * math.sin((upper - lower) / 2.0)
    e2, product = earth.e2, sin_upper * sin_lower
    rational = rise * (1.0 + e2 * product) / ((1.0 - e2 * sin_upper**2) * (1.0 - e2 * sin_lower**2))
    e = math.sqrt(e2)
    logarithm = math.atanh(e * rise / (1.0 - e2 * product)) / e if e else rise
    return earth.b**2 / 2.0 * math.radians(width_deg) * (rational + logarithm)


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
    width = float(lattice.pixel_width)
    latitudes = [float(edge) for edge in edges]
    areas = [
        m2_to_um2(cell_area_m2(north=north, south=south, width_deg=width, earth=earth))
        for north, south in pairwise(latitudes)
    ]
    if max(areas, default=0) > MAX_PIXEL_UM2:
        raise GridError(
            "a pixel is too large to be measured in square micrometres of 64 bits",
            expected=f"at most {MAX_PIXEL_UM2} um2 (about 2 km side)",
            found=f"{max(areas)} um2",
            remedy="use a product of finer pixels",
        )
    return np.array(areas, dtype=np.int64)
