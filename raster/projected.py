"""Lattices that are not in longitude and latitude: which transformation leads to their CRS, and shapes in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyproj
from numpy.typing import NDArray
from pyproj.exceptions import CRSError
from pyproj.transformer import TransformerGroup

from mrv.errors import GridError

LONLAT = "EPSG:4326"
DEVIATION_PIXELS = 0.001
"""How far a side of a polygon may lie from its place in the grid, where a straight line in degrees is a curve."""
_STEP_DEG = 0.05
"""Sides are cut at least this often before their bend is looked at: the middle alone would miss a bend both ways."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Projection:
    """The way from WGS 84 longitude and latitude to a CRS.

    Attributes:
        crs: Code of the CRS.
        name: Its name.
        projected: Whether its axes are metres; else degrees on another datum.
        transformation: Change of datum that is applied, by its registered name; None where the datum is WGS 84.
        accuracy_m: What its register says of its accuracy, metres.
        area: West, south, east, north within which it holds, degrees.
        transformer: Longitude, latitude to x, y.
    """

    crs: str
    name: str
    projected: bool
    transformation: str | None
    accuracy_m: float
    area: Bounds
    transformer: pyproj.Transformer

    @property
    def description(self) -> str:
        """Say which coordinates are meant and how they were reached, for records."""
        if self.transformation is None:
            return f"{self.crs} ({self.name})"
        return f"{self.crs} ({self.name}) by {self.transformation}, accuracy {self.accuracy_m:g} m"

    def forward(self, longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
        """Return x and y of points (any shape, degrees), in the units of the CRS.

        Raises:
            GridError: A point lies where the CRS or its change of datum does not hold.
        """
        west, south, east, north = self.area
        x, y = self.transformer.transform(longitude, latitude)
        inside = (longitude >= west) & (longitude <= east) & (latitude >= south) & (latitude <= north)
        if not (inside & np.isfinite(x) & np.isfinite(y)).all():
            raise GridError(
                f"a shape lies outside the area of {self.description}",
                expected=f"longitude {west} to {east}, latitude {south} to {north}",
                found=f"longitude {longitude.min()} to {longitude.max()}, "
                f"latitude {latitude.min()} to {latitude.max()}",
                remedy="use a raster whose CRS holds over the zones, or declare the transformation of this area",
            )
        return np.asarray(x), np.asarray(y)

    def inverse(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Return longitude and latitude (degrees) of points; NaN where there is none."""
        longitude, latitude = self.transformer.transform(x, y, direction="INVERSE")
        return np.where(np.isfinite(longitude), longitude, np.nan), np.where(np.isfinite(latitude), latitude, np.nan)


@cache
def projection(crs: str, transformation: str | None = None) -> Projection:
    """Return the way to a CRS, which must be the only one, or the one declared.

    Old datums have several changes of datum for different countries, hundreds of metres apart: none is chosen by guess,
    and one without parameters ("ballpark") is never used.

    Args:
        crs: Code, for example EPSG:32718.
        transformation: Registered name of the change of datum, for example PSAD56 to WGS 84 (8).

    Raises:
        GridError: The code is unknown, its axes are not east and north in metres or degrees, there is no change of
            datum, or there are several and none is declared.
    """
    try:
        target = pyproj.CRS.from_user_input(crs)
    except CRSError as error:
        raise GridError(
            "a coordinate system is not known",
            expected="a code such as EPSG:32718",
            found=crs,
            remedy="declare the CRS that the producer of the raster states; never guess it",
        ) from error
    axes = {(axis.direction, axis.unit_name) for axis in target.axis_info}
    if axes not in ({("east", "metre"), ("north", "metre")}, {("east", "degree"), ("north", "degree")}):
        raise GridError(
            "a coordinate system cannot be measured in",
            expected="two axes, east and north, in metres or degrees",
            found=", ".join(f"{axis.name}: {axis.direction}, {axis.unit_name}" for axis in target.axis_info),
            where=crs,
            remedy="take the raster in another coordinate system from its producer",
        )
    ways: dict[str | None, pyproj.Transformer] = {}
    group = TransformerGroup(LONLAT, target, always_xy=True, allow_ballpark=False, allow_superseded=False)
    for transformer in group.transformers:
        ways.setdefault(_datum_change(transformer), transformer)
    if transformation in ways:
        chosen = transformation
    elif len(ways) == 1 and transformation is None:
        (chosen,) = ways
    else:
        known = "; ".join(sorted(f"{name} ({way.accuracy:g} m)" for name, way in ways.items()))
        raise GridError(
            "there are several changes of datum to a coordinate system and none is declared"
            if ways and transformation is None
            else "there is no such change of datum to a coordinate system",
            expected=known or "a change of datum with parameters",
            found=transformation or "none",
            where=f"{crs} ({target.name})",
            remedy="declare the transformation that holds where the project lies; the others are off by up to hundreds "
            "of metres",
        )
    way = ways[chosen]
    area = way.area_of_use.bounds if way.area_of_use else (-180.0, -90.0, 180.0, 90.0)
    return Projection(crs, target.name, target.is_projected, chosen, way.accuracy, area, way)


def _datum_change(transformer: pyproj.Transformer) -> str | None:
    steps = [step for step in transformer.operations or () if "Transformation" in step.type_name]
    return " + ".join(step.name.removeprefix("Inverse of ") for step in steps) or None


def project_rings(vertices: Floats, ring: Ints, *, way: Projection, pixel: tuple[float, float]) -> tuple[Floats, Ints]:
    """Take closed rings to a CRS, with as many vertices more as keep each side where it is on the ground's map.

    A side is a straight line in longitude and latitude, as everywhere else. Two rings that share a side get the same
    new vertices, to the last digit, whichever way they run.

    Args:
        vertices: Longitude and latitude, shape (n, 2); each ring ends with its first vertex.
        ring: Ring of each vertex, ascending, shape (n,).
        way: Where to.
        pixel: Width and height of a pixel in the CRS, of which sides may be off by DEVIATION_PIXELS.

    Returns:
        x and y, shape (m, 2), and the ring of each, shape (m,).
    """
    side = np.flatnonzero(ring[1:] == ring[:-1])
    one, other = vertices[side], vertices[side + 1]
    turned = (one[:, 0] > other[:, 0]) | ((one[:, 0] == other[:, 0]) & (one[:, 1] > other[:, 1]))
    low, high = np.where(turned[:, None], other, one), np.where(turned[:, None], one, other)
    pieces = np.maximum(1, np.ceil(np.abs(high - low).max(axis=1) / _STEP_DEG)).astype(np.int64)
    deviation = _deviation(low, high, pieces, way, pixel)
    # A bend shrinks with the square of the length; twice as many pieces as that asks for.
    pieces *= np.where(deviation > DEVIATION_PIXELS, np.ceil(2 * np.sqrt(deviation / DEVIATION_PIXELS)), 1).astype(int)
    number, step = _counted(pieces)
    step = np.where(turned[number], pieces[number] - step, step)
    new = _along(low, high, pieces, number, step)
    last = np.flatnonzero(np.append(ring[1:] != ring[:-1], True))
    points = np.concatenate([new, vertices[last]])
    owner = np.concatenate([ring[side][number], ring[last]])
    order = np.argsort(owner, kind="stable")
    x, y = way.forward(points[order, 0], points[order, 1])
    return np.column_stack([x, y]), owner[order]


def _counted(pieces: Ints) -> tuple[Ints, Ints]:
    """Return, for each piece of each side, the side's index and the piece's number in it."""
    number = np.repeat(np.arange(len(pieces)), pieces)
    return number, np.arange(len(number)) - np.repeat(np.cumsum(pieces) - pieces, pieces)


def _along(low: Floats, high: Floats, pieces: Ints, number: Ints, step: Ints | Floats) -> Floats:
    """Return points on sides; the two ends are the ends themselves, to the last digit."""
    part = np.asarray(step / pieces[number])[:, None]
    between = low[number] + (high[number] - low[number]) * part
    return np.asarray(np.where(part == 1.0, high[number], between))


def _deviation(low: Floats, high: Floats, pieces: Ints, way: Projection, pixel: tuple[float, float]) -> Floats:
    """Return, for each side, how far the middle of a piece lies from the straight line in the CRS at most, pixels."""
    number, step = _counted(pieces)
    ends = [_along(low, high, pieces, number, np.asarray(step + shift, dtype=np.float64)) for shift in (0, 0.5, 1)]
    start, middle, stop = (np.column_stack(way.forward(points[:, 0], points[:, 1])) for points in ends)
    off = np.abs(middle - (start + stop) / 2) / np.array(pixel)
    worst = np.zeros(len(pieces))
    np.maximum.at(worst, number, np.hypot(off[:, 0], off[:, 1]))
    return worst


def project_bounds(bounds: Bounds, *, way: Projection) -> Bounds:
    """Return the bounds in a CRS of west, south, east, north in degrees, by the curved sides of the rectangle."""
    west, south, east, north = bounds
    corners = np.array([[west, south], [east, south], [east, north], [west, north], [west, south]])
    points, _ = project_rings(
        corners, np.zeros(5, dtype=np.int64), way=way, pixel=(1.0, 1.0) if way.projected else (1e-5, 1e-5)
    )
    return (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())
