"""The lattice of a product and windows on it, in whole rows and columns so that nothing drifts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from raster.projected import LONLAT, Projection, project_bounds, projection

Floats = NDArray[np.float64]
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Lattice:
    """The grid that every tile of a product shares.

    Attributes:
        west: Left edge of column 0, in units of the CRS.
        north: Top edge of row 0, in units of the CRS.
        pixel_width: Width of a pixel, in units of the CRS.
        pixel_height: Height of a pixel, in units of the CRS.
        crs: Code of the coordinate system: degrees or metres, x eastwards and y northwards.
        transformation: Change of datum from WGS 84, by its registered name, where there is more than one.
    """

    west: Decimal
    north: Decimal
    pixel_width: Decimal
    pixel_height: Decimal
    crs: str = LONLAT
    transformation: str | None = None

    @classmethod
    def square(cls, west: Decimal, north: Decimal, pixel: Decimal, *, crs: str = LONLAT) -> Lattice:
        """Return a grid of square pixels."""
        return cls(west, north, pixel, pixel, crs)

    @property
    def is_lonlat(self) -> bool:
        """Whether the grid is in WGS 84 longitude and latitude, where no shape has to be transformed."""
        return self.crs == LONLAT

    @property
    def projection(self) -> Projection:
        """The way from longitude and latitude to the grid's coordinates.

        Raises:
            GridError: The CRS is not known, or its change of datum not declared.
        """
        return projection(self.crs, self.transformation)

    def columns(self, x: Floats) -> Floats:
        """Return x (any shape; longitude, or easting) as columns counted from the left edge of column 0."""
        return np.asarray((x - float(self.west)) / float(self.pixel_width), dtype=np.float64)

    def rows(self, y: Floats) -> Floats:
        """Return y (any shape; latitude, or northing) as rows counted downwards from the top edge of row 0."""
        return np.asarray((float(self.north) - y) / float(self.pixel_height), dtype=np.float64)

    def x(self, column: int) -> Decimal:
        """Return the x (longitude, or easting) of a column's left edge, exactly."""
        return self.west + column * self.pixel_width

    def y(self, row: int) -> Decimal:
        """Return the y (latitude, or northing) of a row's top edge, exactly."""
        return self.north - row * self.pixel_height

    def window(self, bounds: Bounds) -> Window:
        """Return the smallest window that holds (west, south, east, north) in degrees."""
        west, south, east, north = bounds if self.is_lonlat else project_bounds(bounds, way=self.projection)
        left, right = self.columns(np.array([west, east]))
        top, bottom = self.rows(np.array([north, south]))
        row, col = math.floor(top), math.floor(left)
        return Window(row, col, math.ceil(bottom) - row, math.ceil(right) - col)

    def extent(self, window: Window) -> str:
        """Say where a window lies, for messages."""
        west, east = self.x(window.col), self.x(window.col_stop)
        south, north = self.y(window.row_stop), self.y(window.row)
        if self.is_lonlat:
            return f"longitude {west} to {east}, latitude {south} to {north}"
        return f"x {west} to {east}, y {south} to {north} in {self.crs}"


@dataclass(frozen=True, order=True)
class Window:
    """A rectangle of whole pixels on a lattice: rows [row, row_stop), columns [col, col_stop)."""

    row: int
    col: int
    height: int
    width: int

    @property
    def row_stop(self) -> int:
        """First row below the window."""
        return self.row + self.height

    @property
    def col_stop(self) -> int:
        """First column right of the window."""
        return self.col + self.width

    @property
    def pixels(self) -> int:
        """How many pixels the window holds."""
        return self.height * self.width

    def expand(self, margin: int) -> Window:
        """Return the window with `margin` pixels more on each side."""
        return Window(self.row - margin, self.col - margin, self.height + 2 * margin, self.width + 2 * margin)

    def intersection(self, other: Window) -> Window | None:
        """Return what two windows share, or None."""
        row, col = max(self.row, other.row), max(self.col, other.col)
        row_stop, col_stop = min(self.row_stop, other.row_stop), min(self.col_stop, other.col_stop)
        if row >= row_stop or col >= col_stop:
            return None
        return Window(row, col, row_stop - row, col_stop - col)

    def union(self, other: Window) -> Window:
        """Return the smallest window that holds both."""
        row, col = min(self.row, other.row), min(self.col, other.col)
        row_stop, col_stop = max(self.row_stop, other.row_stop), max(self.col_stop, other.col_stop)
        return Window(row, col, row_stop - row, col_stop - col)
