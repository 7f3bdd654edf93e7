"""The lattice of a product in EPSG:4326 and windows on it, in whole rows and columns so that nothing drifts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Lattice:
    """The grid that every tile of a product shares, in EPSG:4326.

    Attributes:
        west: Longitude of the left edge of column 0, degrees.
        north: Latitude of the top edge of row 0, degrees.
        pixel_deg: Side of a pixel, degrees.
    """

    west: Decimal
    north: Decimal
    pixel_deg: Decimal

    def columns(self, longitude: Floats) -> Floats:
        """Return longitudes (any shape, degrees) as columns counted from the left edge of column 0."""
        return np.asarray((longitude - float(self.west)) / float(self.pixel_deg), dtype=np.float64)

    def rows(self, latitude: Floats) -> Floats:
        """Return latitudes (any shape, degrees) as rows counted downwards from the top edge of row 0."""
        return np.asarray((float(self.north) - latitude) / float(self.pixel_deg), dtype=np.float64)

    def longitude(self, column: int) -> Decimal:
        """Return the longitude of a column's left edge, exactly."""
        return self.west + column * self.pixel_deg

    def latitude(self, row: int) -> Decimal:
        """Return the latitude of a row's top edge, exactly."""
        return self.north - row * self.pixel_deg

    def window(self, bounds: Bounds) -> Window:
        """Return the smallest window that holds (west, south, east, north) in degrees."""
        west, south, east, north = bounds
        left, right = self.columns(np.array([west, east]))
        top, bottom = self.rows(np.array([north, south]))
        row, col = math.floor(top), math.floor(left)
        return Window(row, col, math.ceil(bottom) - row, math.ceil(right) - col)

    def extent(self, window: Window) -> str:
        """Say where a window lies, for messages."""
        west, east = self.longitude(window.col), self.longitude(window.col_stop)
        south, north = self.latitude(window.row_stop), self.latitude(window.row)
        return f"longitude {west} to {east}, latitude {south} to {north}"


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
