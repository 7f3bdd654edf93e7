"""Clusters of alerts: connected alert pixels of near dates, as polygons along the edges of pixels.

Two alerts are joined if their pixels share a side or a corner and their dates lie at most a stated number of days apart;
a cluster is whatever is joined by such steps. Which pixels make a cluster does not depend on windows, tiles or order,
because it is found over all alert pixels together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from raster.alert_codes import LOW, Bytes, to_date
from raster.alert_columns import AlertPixels, Columns, ZoneAlerts, exact_sums, grouped
from raster.alerts import CODES
from raster.area import WGS84, EarthModel, row_areas_um2
from raster.grid import Lattice
from raster.outlines import outlines
from raster.rules import Shape
from raster.spans import Ints, Ints32

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class AlertClusters:
    """Clusters of one product.

    Attributes:
        clusters: Rows of cluster_id, first_alert, last_alert, confidence (the highest that any pixel has), pixel_count,
            area_um2, of it low_area_um2 and high_area_um2 (pixels of high and highest confidence), longitude and
            latitude (of the centre of a pixel of the cluster) and geometry (GeoJSON), by cluster_id.
        zones: Rows of cluster_id, zone_id, area_um2, low_area_um2, high_area_um2: what of a cluster lies in a zone.
        left_out: Rows of zone_id, cluster_count, area_um2 for every zone: its parts of clusters below the least area.
    """

    clusters: Rows
    zones: Rows
    left_out: Rows


def find_clusters(
    pixels: AlertPixels,
    zone_pixels: ZoneAlerts,
    *,
    zones: Sequence[Shape],
    lattice: Lattice,
    product: str,
    days: int,
    min_area_um2: int,
    earth: EarthModel = WGS84,
) -> AlertClusters:
    """Find the clusters that touch a zone.

    Args:
        pixels: Alert pixels, ordered by row, column and day.
        zone_pixels: Those in zones, with what they count there.
        zones: The zones that `zone_pixels` numbers.
        lattice: Grid of the product, in longitude and latitude.
        product: Begins the ids; the row, column and day of the cluster's first pixel in row order follow.
        days: How many days two neighbouring alerts may lie apart.
        min_area_um2: Smaller clusters are left out; measured by whole pixels, in and outside zones.
        earth: Earth model of the pixel areas.
    """
    parts, of_cluster = _parts(pixels, zone_pixels, join_pixels(pixels, days=days))
    # The order of rows, columns and days within a cluster stays.
    members, first = grouped(of_cluster, "root")
    low = int(pixels.row.min()) if len(pixels) else 0
    height = int(pixels.row.max()) + 1 - low if len(pixels) else 0
    row_area = row_areas_um2(lattice, row=low, height=height, earth=earth)
    pixel_area = row_area[members.row - low]
    area = exact_sums(pixel_area, first)
    touching = set(parts.root.tolist())
    kept = [
        place
        for place, (root, size) in enumerate(zip(members.root[first].tolist(), area, strict=True))
        if size >= min_area_um2 and root in touching
    ]
    left_out = _left_out(parts, members.root[first[kept]], zones)
    if not kept:
        return AlertClusters([], [], left_out)
    low_area = exact_sums(np.where(members.confidence == LOW, pixel_area, 0), first)
    edges = np.append(first, len(members))
    names = {int(members.root[first[place]]): _cluster_id(product, members, int(first[place])) for place in kept}
    shapes = _outlines(members, edges, kept, lattice)
    oldest, newest, best = (
        reduce.reduceat(column, first).tolist()
        for reduce, column in (
            (np.minimum, members.day),
            (np.maximum, members.day),
            (np.maximum, members.confidence),
        )
    )
    clusters: Rows = []
    for place, shape in zip(kept, shapes, strict=True):
        begin, count = int(edges[place]), int(edges[place + 1] - edges[place])
        inner = begin + count // 2
        clusters.append(
            {
                "cluster_id": names[int(members.root[begin])],
                "first_alert": to_date(oldest[place]),
                "last_alert": to_date(newest[place]),
                "confidence": CODES[best[place]],
                "pixel_count": count,
                "area_um2": area[place],
                "low_area_um2": low_area[place],
                "high_area_um2": area[place] - low_area[place],
                "longitude": float(lattice.x(int(members.col[inner])) + lattice.pixel_width / 2),
                "latitude": float(lattice.y(int(members.row[inner])) - lattice.pixel_height / 2),
                "geometry": shape,
            }
        )
    return AlertClusters(sorted(clusters, key=lambda row: row["cluster_id"]), _zone_rows(parts, names, zones), left_out)


@dataclass(frozen=True)
class _Member(Columns):
    """An alert pixel and the first pixel of its cluster."""

    root: Ints
    row: Ints32
    col: Ints32
    day: Ints32
    confidence: Bytes


@dataclass(frozen=True)
class _Part(Columns):
    """An alert pixel of a cluster in a zone."""

    root: Ints
    zone: Ints32
    area_um2: Ints
    low_um2: Ints


def _parts(pixels: AlertPixels, zone_pixels: ZoneAlerts, root: Ints) -> tuple[_Part, _Member]:
    place = (
        np.searchsorted(_keys(pixels, pixels), _keys(zone_pixels, pixels))
        if len(zone_pixels)
        else np.empty(0, dtype=np.int64)
    )
    return (
        _Part(
            root[place],
            zone_pixels.zone,
            zone_pixels.area_um2,
            np.where(zone_pixels.confidence == LOW, zone_pixels.area_um2, 0),
        ),
        _Member(root, pixels.row, pixels.col, pixels.day, pixels.confidence),
    )


def _zone_rows(parts: _Part, names: dict[int, str], zones: Sequence[Shape]) -> Rows:
    ordered, first = grouped(parts, "root", "zone")
    found = zip(
        ordered.root[first].tolist(),
        ordered.zone[first].tolist(),
        exact_sums(ordered.area_um2, first),
        exact_sums(ordered.low_um2, first),
        strict=True,
    )
    rows = [
        {
            "cluster_id": names[root],
            "zone_id": zones[zone].id,
            "area_um2": area,
            "low_area_um2": low,
            "high_area_um2": area - low,
        }
        for root, zone, area, low in found
        if root in names
    ]
    return sorted(rows, key=lambda row: (row["cluster_id"], row["zone_id"]))


def _left_out(parts: _Part, kept: Ints, zones: Sequence[Shape]) -> Rows:
    """Return what of clusters that are not kept lies in each zone."""
    rest = parts.pick(~np.isin(parts.root, kept))
    ordered, first = grouped(rest, "zone", "root")
    area = exact_sums(ordered.area_um2, first)
    rows: list[dict[str, Any]] = [{"zone_id": zone.id, "cluster_count": 0, "area_um2": 0} for zone in zones]
    for zone, size in zip(ordered.zone[first].tolist(), area, strict=True):
        rows[zone]["cluster_count"] += 1
        rows[zone]["area_um2"] += size
    return rows


def _cluster_id(product: str, members: _Member, first: int) -> str:
    day = to_date(int(members.day[first]))
    return f"{product}-r{members.row[first]:06d}-c{members.col[first]:06d}-{day:%Y%m%d}"


def _outlines(members: _Member, edges: Ints, kept: Sequence[int], lattice: Lattice) -> list[str]:
    """Return the outline of each cluster kept; a pixel with two alerts of a cluster is drawn once."""
    chosen = np.concatenate([np.arange(edges[place], edges[place + 1]) for place in kept])
    some = members.pick(chosen)
    fresh = np.ones(len(some), dtype=np.bool_)
    fresh[1:] = (np.diff(some.root) != 0) | (np.diff(some.row) != 0) | (np.diff(some.col) != 0)
    some = some.pick(fresh)
    first = np.append(np.flatnonzero(np.diff(some.root, prepend=-1)), len(some)).astype(np.int64)
    return outlines(some.row, some.col, first, lattice)


def join_pixels(pixels: AlertPixels, *, days: int) -> Ints:
    """Return for each alert pixel the first pixel (in row order) of its cluster, shape (n,)."""
    return _join(pixels.row, pixels.col, pixels.day, days)


def _keys(some: AlertPixels | ZoneAlerts, every: AlertPixels) -> Ints:
    """Return row, column and day of pixels as one number, in the order of all alert pixels."""
    key = np.zeros(len(some), dtype=np.int64)
    for name in ("row", "col", "day"):
        column = getattr(every, name)
        low = int(column.min())
        key = key * (int(column.max()) - low + 1) + getattr(some, name) - low
    return key


@njit(cache=True, nogil=True)
def _root(parent: Ints, pixel: int) -> int:
    while parent[pixel] != pixel:
        parent[pixel] = parent[parent[pixel]]
        pixel = parent[pixel]
    return pixel


@njit(cache=True, nogil=True)
def _unite(parent: Ints, one: int, other: int) -> None:
    first, second = _root(parent, one), _root(parent, other)
    if first < second:
        parent[second] = first
    else:
        parent[first] = second


@njit(cache=True, nogil=True)
def _join(row: Ints32, col: Ints32, day: Ints32, days: int) -> Ints:
    """Unite each pixel with those before it in its row, and with those of the row above that it touches."""
    parent = np.arange(len(row))
    above, line = 0, 0
    for pixel in range(len(row)):
        if pixel and row[pixel] != row[pixel - 1]:
            above, line = line, pixel
        other = pixel - 1
        while other >= line and col[pixel] - col[other] <= 1:
            if abs(day[pixel] - day[other]) <= days:
                _unite(parent, pixel, other)
            other -= 1
        while above < line and (row[above] < row[pixel] - 1 or col[above] < col[pixel] - 1):
            above += 1
        other = above
        while other < line and row[other] == row[pixel] - 1 and col[other] <= col[pixel] + 1:
            if abs(day[pixel] - day[other]) <= days:
                _unite(parent, pixel, other)
            other += 1
    for pixel in range(len(row)):
        parent[pixel] = _root(parent, pixel)
    return parent
