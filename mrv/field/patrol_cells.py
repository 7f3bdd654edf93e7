"""Cells of a grid that patrols entered, and how much of each zone that is, by month.

The grid lies in the project's local coordinate system: its lines are whole multiples of the cell's side. A joined piece of a
track is a straight line there and enters every cell that it crosses; a point that is not joined enters its own. A cell
belongs to a zone if its centre does; a piece of the way belongs to a zone if its middle does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from mrv.errors import ProjectError
from mrv.field.local_time import day_number, day_of
from mrv.field.patrol_effort import kilometres
from mrv.field.patrol_tracks import Floats, Ints, Tracks
from mrv.schemas import DATASETS

MAX_CELLS = 20_000_000
"""More cells than this in one zone would fill the memory; it is a country in cells of 100 m."""
_ROWS = 1 << 31


@dataclass(frozen=True)
class Grid:
    """Square cells in a projected coordinate system.

    Attributes:
        crs: Its code, with axes in metres.
        cell_m: Side of a cell in metres.
    """

    crs: str
    cell_m: int

    @cached_property
    def _way(self) -> Transformer:
        return Transformer.from_crs("EPSG:4326", self.crs, always_xy=True)

    def forward(self, longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
        """Return column and row of points as fractions, in cells from the origin."""
        x, y = self._way.transform(longitude, latitude)
        return np.asarray(x, dtype=np.float64) / self.cell_m, np.asarray(y, dtype=np.float64) / self.cell_m

    def inverse(self, column: Floats, row: Floats) -> tuple[Floats, Floats]:
        """Return longitude and latitude of places in the grid."""
        x, y = self._way.transform(column * self.cell_m, row * self.cell_m, direction="INVERSE")
        return np.asarray(x), np.asarray(y)

    def cells_of(self, zone: BaseGeometry) -> Ints:
        """Return the codes of the cells whose centre lies in a zone (longitude, latitude), ascending.

        Raises:
            ProjectError: There are too many.
        """
        left, bottom, right, top = zone.bounds
        box = self._way.transform_bounds(left, bottom, right, top, densify_pts=21)
        west, south, east, north = (np.floor(side / self.cell_m) for side in box)
        count = int((east - west + 1) * (north - south + 1))
        if count > MAX_CELLS:
            raise ProjectError(
                "the grid of patrols has too many cells",
                expected=f"at most {MAX_CELLS:,} in the box of a zone",
                found=f"{count:,}",
                where="project.yaml, patrols.cell_m",
                remedy="take larger cells",
            )
        column, row = np.meshgrid(np.arange(west, east + 1), np.arange(south, north + 1))
        longitude, latitude = self.inverse(column.ravel() + 0.5, row.ravel() + 0.5)
        shapely.prepare(zone)
        inside = shapely.contains_xy(zone, longitude, latitude)
        return np.sort(code(column.ravel()[inside], row.ravel()[inside]))


@dataclass(frozen=True)
class Pieces:
    """Ways of a track cut at the lines of the grid, and single points; arrays of shape (n,).

    Attributes:
        cell: Code of the cell in which it lies.
        point: Place among the points of the point at which the way begins.
        share: Which part of the way it is, 0 for single points.
        longitude: Of its middle.
        latitude: Of its middle.
    """

    cell: Ints
    point: Ints
    share: Floats
    longitude: Floats
    latitude: Floats


def code(column: NDArray[np.float64], row: NDArray[np.float64]) -> Ints:
    """Return one number for a cell."""
    return np.asarray(column.astype(np.int64) * _ROWS + row.astype(np.int64))


def cut(tracks: Tracks, grid: Grid) -> Pieces:
    """Cut the joined ways of tracks at the lines of a grid."""
    points = tracks.points
    u, v = grid.forward(points.longitude, points.latitude)
    start = np.flatnonzero(tracks.joined)
    u0, v0, u1, v1 = u[start], v[start], u[start + 1], v[start + 1]
    whole = (np.floor(u0) == np.floor(u1)) & (np.floor(v0) == np.floor(v1))
    way, share, middle = _crossings(u0[~whole], v0[~whole], u1[~whole], v1[~whole])
    index = np.flatnonzero(~whole)[way]
    column, row = u0[index] + middle * (u1 - u0)[index], v0[index] + middle * (v1 - v0)[index]
    cut_longitude, cut_latitude = grid.inverse(column, row)
    alone = start[whole]
    x, y = points.longitude, points.latitude
    return Pieces(
        cell=np.concatenate(
            [
                code(np.floor(u), np.floor(v)),
                code(np.floor(u[alone]), np.floor(v[alone])),
                code(np.floor(column), np.floor(row)),
            ]
        ),
        point=np.concatenate([np.arange(len(u)), alone, start[index]]),
        share=np.concatenate([np.zeros(len(u)), np.ones(len(alone)), share]),
        longitude=np.concatenate([x, (x[alone] + x[alone + 1]) / 2, cut_longitude]),
        latitude=np.concatenate([y, (y[alone] + y[alone + 1]) / 2, cut_latitude]),
    )


def _crossings(u0: Floats, v0: Floats, u1: Floats, v1: Floats) -> tuple[Ints, Floats, Floats]:
    """Cut lines at whole numbers of u and v.

    Returns:
        For each piece: place of its line, the part of the line that it is, and where on the line its middle is (0 to 1).
    """
    ways, places = [np.arange(len(u0)), np.arange(len(u0))], [np.zeros(len(u0)), np.ones(len(u0))]
    for one, other in ((u0, u1), (v0, v1)):
        low = np.floor(np.minimum(one, other)).astype(np.int64)
        count = np.floor(np.maximum(one, other)).astype(np.int64) - low
        way = np.repeat(np.arange(len(one)), count)
        line = low[way] + 1 + np.arange(len(way)) - np.repeat(np.cumsum(count) - count, count)
        ways.append(way)
        places.append((line - one[way]) / (other - one)[way])
    way, place = np.concatenate(ways), np.clip(np.concatenate(places), 0.0, 1.0)
    order = np.lexsort((place, way))
    way, place = way[order], place[order]
    inside = np.flatnonzero(way[1:] == way[:-1])
    share = place[inside + 1] - place[inside]
    some = share > 0
    inside, share = inside[some], share[some]
    return way[inside], share, (place[inside] + place[inside + 1]) / 2


def cells_by_patrol(tracks: Tracks, pieces: Pieces) -> dict[str, int]:
    """Return how many different cells each patrol entered."""
    pairs = np.unique(np.column_stack([tracks.points.patrol[pieces.point], pieces.cell]), axis=0)
    patrols, counts = np.unique(pairs[:, 0], return_counts=True)
    return {tracks.patrols[patrol]: int(count) for patrol, count in zip(patrols, counts, strict=True)}


def patrol_coverage(
    tracks: Tracks,
    pieces: Pieces,
    *,
    grid: Grid,
    zones: Sequence[tuple[str, BaseGeometry]],
    first_day: date,
    last_day: date,
) -> pa.Table:
    """Return the landed table `patrol_coverage`: every zone in every month, and in the whole period (month null).

    Args:
        tracks: The clean tracks.
        pieces: What `cut` made of them with the same grid.
        grid: The cells.
        zones: Id and polygon (longitude, latitude) of each.
        first_day: First local day of the period.
        last_day: Its last.

    Raises:
        ProjectError: A zone has too many cells.
    """
    months = _months(first_day, last_day)
    starts = np.array([day_number(month) for month in months])
    month = np.searchsorted(starts, tracks.day[pieces.point], side="right") - 1
    metres = tracks.distance_m[pieces.point] * pieces.share
    rows = []
    for zone_id, polygon in zones:
        cells = grid.cells_of(polygon)
        entered = _member(cells, pieces.cell)
        inside = _within(polygon, pieces) & (metres > 0)
        for number, first in [(None, None), *enumerate(months)]:
            own = slice(None) if number is None else month == number
            rows.append(
                {
                    "zone_id": zone_id,
                    "month": first,
                    "cell_m": grid.cell_m,
                    "cell_count": len(cells),
                    "visited_cell_count": len(np.unique(pieces.cell[own][entered[own]])),
                    "distance_km": kilometres(metres[own][inside[own]].tolist()),
                }
            )
    return DATASETS["patrol_coverage"].table(rows)


def _months(first_day: date, last_day: date) -> list[date]:
    months, day = [], first_day.replace(day=1)
    while day <= last_day:
        months.append(day)
        day = day_of(day_number(day) + 31).replace(day=1)
    return months


def _member(cells: Ints, wanted: Ints) -> NDArray[np.bool_]:
    """Tell which of the wanted cells are among ascending ones."""
    if not len(cells):
        return np.zeros(len(wanted), dtype=np.bool_)
    place = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1)
    return np.asarray(cells[place] == wanted)


def _within(polygon: BaseGeometry, pieces: Pieces) -> NDArray[np.bool_]:
    west, south, east, north = polygon.bounds
    x, y = pieces.longitude, pieces.latitude
    near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
    inside = np.zeros(len(x), dtype=np.bool_)
    shapely.prepare(polygon)
    inside[near] = shapely.contains_xy(polygon, x[near], y[near])
    return inside
