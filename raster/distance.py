"""Lengths on the ellipsoid: the sides of lattice pixels, and how far runs of pixels lie from features and from each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numba import njit
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from shapely.geometry.base import BaseGeometry

from raster.area import EarthModel
from raster.forest_years import YearRuns
from raster.grid import Bounds, Floats, Lattice, Window
from raster.spans import Ints

UM_PER_M = 1_000_000
RUNS_AT_ONCE = 100_000
_PIECE_DEG = 0.01
_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True)
class PixelSides:
    """Sides of the pixels of consecutive rows, whole micrometres.

    Attributes:
        top: Length of the upper side (on its parallel) of each row and, last, of the row below, shape (rows + 1,).
        height: Length of the left and right sides (on their meridians), shape (rows,).
    """

    top: Ints
    height: Ints


def pixel_sides(lattice: Lattice, *, row: int, height: int, earth: EarthModel) -> PixelSides:
    """Return the lengths of the sides of pixels of a grid in longitude and latitude.

    A side on a parallel is N cos(latitude) times the width in radians; one on a meridian is the radius of curvature M in
    its middle times its height: over a pixel of 0.001 degrees this is exact to less than a micrometre.

    Args:
        lattice: The grid.
        row: First row.
        height: How many rows.
        earth: The ellipsoid.
    """
    edges = [math.radians(float(lattice.y(index))) for index in range(row, row + height + 1)]
    width, tall = math.radians(float(lattice.pixel_width)), math.radians(float(lattice.pixel_height))
    equator = earth.b / math.sqrt(1.0 - earth.e2)
    top = [
        round(equator * math.cos(edge) / math.sqrt(1.0 - earth.e2 * math.sin(edge) ** 2) * width * UM_PER_M)
        for edge in edges
    ]
    middles = [edge - tall / 2.0 for edge in edges[:-1]]
    side = [
        round(equator * (1.0 - earth.e2) / (1.0 - earth.e2 * math.sin(middle) ** 2) ** 1.5 * tall * UM_PER_M)
        for middle in middles
    ]
    return PixelSides(np.array(top, dtype=np.int64), np.array(side, dtype=np.int64))


def reach_pixels(window: Window, *, lattice: Lattice, metres: float, earth: EarthModel) -> int:
    """Return how many pixels make up a distance in any row or column of a window, rounded up."""
    # Pixels shrink towards the poles, so the narrowest of a range of rows is at one of its ends.
    ends = [pixel_sides(lattice, row=row, height=1, earth=earth) for row in (window.row, window.row_stop - 1)]
    shortest_um = min(int(min(side.top.min(), side.height.min())) for side in ends)
    return math.ceil(metres * UM_PER_M / shortest_um)


class Features:
    """Lines, points or polygons to which distances are measured.

    The nearest place is looked for in a stereographic projection about the middle of the bounds, which turns no angle and
    whose scale is the same in all directions; the distance to it is then geodesic. Within 200 km of the middle the scale
    varies by 0.025 %, and so another place can be nearer by 0.05 % of the distance at most.
    """

    def __init__(self, geometries: Sequence[BaseGeometry], bounds: Bounds) -> None:
        """Cut lines and the borders of polygons into short pieces and index them.

        Args:
            geometries: In longitude and latitude.
            bounds: West, south, east, north of what is measured, degrees.
        """
        west, south, east, north = bounds
        centre = f"+proj=stere +lat_0={(south + north) / 2!r} +lon_0={(west + east) / 2!r} +ellps=WGS84"
        self._plane = Transformer.from_crs("EPSG:4326", centre, always_xy=True)
        single = shapely.get_parts(np.asarray(geometries, dtype=object))
        self._tree = shapely.STRtree(shapely.transform(_pieces(single), self._project))
        areas = single[shapely.get_dimensions(single) == 2]
        self._areas = shapely.STRtree(shapely.transform(shapely.segmentize(areas, _PIECE_DEG), self._project))

    def distances(self, runs: YearRuns, owner: Ints, owners: int, *, lattice: Lattice) -> Floats:
        """Return how far each patch is from the nearest feature, from the edge of its nearest pixel.

        Args:
            runs: Runs of pixels of the patches.
            owner: Patch of each run, shape (n,).
            owners: How many patches there are.
            lattice: The grid, in longitude and latitude.

        Returns:
            Metres, shape (owners,); 0 where a feature touches a pixel; infinity where there is no feature.
        """
        best = np.full(owners, np.inf)
        if not len(self._tree):
            return best
        place = np.zeros((owners, 4))
        for low in range(0, len(owner), RUNS_AT_ONCE):
            part = slice(low, low + RUNS_AT_ONCE)
            boxes = self._boxes(runs, part, lattice)
            (origin, found), apart = self._tree.query_nearest(boxes, return_distance=True, all_matches=False)
            order = np.lexsort((origin, apart, owner[part][origin]))
            origin, found, apart = origin[order], found[order], apart[order]
            patch, first = np.unique(owner[part][origin], return_index=True)
            nearer = apart[first] < best[patch]
            patch, first = patch[nearer], first[nearer]
            best[patch] = apart[first]
            lines = shapely.shortest_line(boxes[origin[first]], self._tree.geometries[found[first]])
            place[patch] = shapely.get_coordinates(lines).reshape(-1, 4)
            inside = owner[part][self._areas.query(boxes, predicate="intersects")[0]]
            best[inside], place[inside] = 0.0, 0.0
        lon_a, lat_a = self._plane.transform(place[:, 0], place[:, 1], direction="INVERSE")
        lon_b, lat_b = self._plane.transform(place[:, 2], place[:, 3], direction="INVERSE")
        metres = np.asarray(_GEOD.inv(lon_a, lat_a, lon_b, lat_b)[2], dtype=np.float64)
        return np.where(np.isfinite(best), metres, np.inf)

    def near(self, runs: YearRuns, owner: Ints, *, lattice: Lattice, within_m: float) -> tuple[Ints, Ints]:
        """Return which features lie within a distance of which patches, from the edge of the nearest pixel.

        Args:
            runs: Runs of pixels of the patches.
            owner: Patch of each run, shape (n,).
            lattice: The grid, in longitude and latitude.
            within_m: The distance.

        Returns:
            (feature, patch) of each pair, each once, ordered; of a feature with several pieces every piece is one.
        """
        pairs = [np.empty((0, 2), dtype=np.int64)]
        for low in range(0, len(owner), RUNS_AT_ONCE):
            part = slice(low, low + RUNS_AT_ONCE)
            boxes = self._boxes(runs, part, lattice)
            origin, found = self._tree.query(boxes, predicate="dwithin", distance=within_m)
            pairs.append(np.column_stack([found, owner[part][origin]]).astype(np.int64))
        feature, patch = np.unique(np.concatenate(pairs), axis=0).T
        return feature, patch

    def _boxes(self, runs: YearRuns, part: slice, lattice: Lattice) -> NDArray[np.object_]:
        """Return the rectangles of some runs in the plane, their corners joined by straight lines."""
        west, north = float(lattice.west), float(lattice.north)
        width, height = float(lattice.pixel_width), float(lattice.pixel_height)
        top = north - runs.row[part] * height
        left, right = west + runs.start[part] * width, west + runs.stop[part] * width
        x, y = (
            np.stack([left, right, right, left, left], axis=1),
            np.stack([top, top, top - height, top - height, top], axis=1),
        )
        corners = self._project(np.column_stack([x.reshape(-1), y.reshape(-1)])).reshape(-1, 5, 2)
        return np.asarray(shapely.polygons(corners), dtype=np.object_)

    def _project(self, coordinates: Floats) -> Floats:
        x, y = self._plane.transform(coordinates[:, 0], coordinates[:, 1])
        return np.asarray(np.column_stack([x, y]), dtype=np.float64)


def _pieces(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Take geometries apart: the nearest of many short pieces is found by their boxes, that of one long line is not."""
    dimension = shapely.get_dimensions(geometries)
    lines = [geometries[dimension == 1], shapely.boundary(geometries[dimension == 2])]
    single = shapely.get_parts(shapely.segmentize(np.concatenate(lines), _PIECE_DEG))
    corners, line = shapely.get_coordinates(single, return_index=True)
    goes_on = np.flatnonzero(line[1:] == line[:-1])
    pieces = shapely.linestrings(np.stack([corners[goes_on], corners[goes_on + 1]], axis=1))
    return np.concatenate([geometries[dimension == 0], pieces])


def gaps_to_earlier(
    runs: YearRuns, owner: Ints, owners: int, *, first: Ints, row: int, sides: PixelSides, within_m: float
) -> Floats:
    """Return how far each patch is from forest lost in an earlier year, from pixel edge to pixel edge.

    Distances are those of a plane with the sides of the run's own row: over the 10 km that a search may go, the length of
    a side changes by less than 0.1 % up to 30 degrees of latitude.

    Args:
        runs: All runs of lost forest, of every patch.
        owner: Patch of each run, or -1 for a run whose distance nobody asks for; shape (n,).
        owners: How many patches there are.
        first: First run of each row from `row` on, and the total; shape (rows + 1,).
        row: The first row.
        sides: Sides of the pixels of these rows.
        within_m: How far to look.

    Returns:
        Metres, shape (owners,); 0 where they touch; infinity where there is none within the reach.
    """
    squares = np.full(owners, np.inf)
    _nearest_earlier(
        runs, owner, first, row, sides.top.astype(np.float64) / UM_PER_M, sides.height.astype(np.float64) / UM_PER_M,
        float(within_m) ** 2, squares,
    )  # fmt: skip
    metres: Floats = np.sqrt(squares)
    return metres


@njit(cache=True, nogil=True)
def _nearest_earlier(
    runs: YearRuns, owner: Ints, first: Ints, row: int, top: Floats, height: Floats, limit: float, squares: Floats
) -> None:
    """Look in the run's row, then in the rows above and below, as long as something nearer can be found."""
    rows = len(first) - 1
    for run in range(len(owner)):
        patch = owner[run]
        if patch < 0:
            continue
        here = runs.row[run] - row
        across, down = (top[here] + top[here + 1]) / 2.0, height[here]
        for step in range(rows):
            rise = max(0, step - 1) * down
            best = min(squares[patch], limit)
            if rise * rise > limit or rise * rise >= squares[patch]:
                break
            for side in range(1 if step == 0 else 2):
                line = here - step if side == 0 else here + step
                if 0 <= line < rows:
                    found = _in_row(runs, first[line], first[line + 1], run, rise, across, best)
                    if found < squares[patch] and found <= limit:
                        squares[patch] = found
                        best = found


@njit(cache=True, nogil=True)
def _in_row(runs: YearRuns, low: int, high: int, run: int, rise: float, across: float, best: float) -> float:
    """Return the square of the distance to the nearest run of an earlier year in a row, or infinity."""
    start, stop, year = runs.start[run], runs.stop[run], runs.value[run]
    left, right = low, high
    while left < right:
        middle = (left + right) // 2
        if runs.start[middle] < start:
            left = middle + 1
        else:
            right = middle
    nearest = np.inf
    for other in range(left, high):
        gap = max(0, runs.start[other] - stop) * across
        square = gap * gap + rise * rise
        if square > best or square >= nearest:
            break
        if runs.value[other] < year:
            nearest = square
            break
    for other in range(left - 1, low - 1, -1):
        gap = max(0, start - runs.stop[other]) * across
        square = gap * gap + rise * rise
        if square > best or square >= nearest:
            break
        if runs.value[other] < year:
            nearest = square
            break
    return nearest
