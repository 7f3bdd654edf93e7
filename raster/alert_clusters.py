"""Clusters of alerts: connected alert pixels of near dates, as polygons along the edges of pixels.

Two alerts are joined if their pixels share a side or a corner and their dates lie at most a stated number of days apart;
a cluster is whatever is joined by such steps. Which pixels make a cluster does not depend on windows, tiles or order,
because it is found over all alert pixels together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numba import njit

from raster.alert_codes import to_date
from raster.alert_columns import AlertPixels, ZoneAlerts
from raster.alerts import CODES
from raster.area import WGS84, EarthModel, row_areas_um2
from raster.grid import Lattice
from raster.rules import Shape
from raster.spans import Ints, Ints32

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class AlertClusters:
    """Clusters of one product.

    Attributes:
        clusters: Rows of cluster_id, first_alert, last_alert, confidence (the highest), pixel_count, area_um2, longitude
            and latitude (of the centre of a pixel of the cluster) and geometry (GeoJSON), by cluster_id.
        zones: Rows of cluster_id, zone_id, area_um2: what of a cluster lies in a zone.
    """

    clusters: Rows
    zones: Rows


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
    root = join_pixels(pixels, days=days)
    in_zone = _area_by_zone(pixels, zone_pixels, root)
    low = int(pixels.row.min()) if len(pixels) else 0
    row_area = row_areas_um2(
        lattice, row=low, height=int(pixels.row.max()) + 1 - low if len(pixels) else 0, earth=earth
    )
    clusters: Rows = []
    parts: Rows = []
    for first, members in _members(root):
        area = sum(row_area[pixels.row[members] - low].tolist())
        touched = in_zone.get(first)
        if area < min_area_um2 or not touched:
            continue
        day = to_date(int(pixels.day[first]))
        cluster_id = f"{product}-r{pixels.row[first]:06d}-c{pixels.col[first]:06d}-{day:%Y%m%d}"
        inner = members[len(members) // 2]
        clusters.append(
            {
                "cluster_id": cluster_id,
                "first_alert": to_date(int(pixels.day[members].min())),
                "last_alert": to_date(int(pixels.day[members].max())),
                "confidence": CODES[int(pixels.confidence[members].max())],
                "pixel_count": len(members),
                "area_um2": area,
                "longitude": float(lattice.x(int(pixels.col[inner])) + lattice.pixel_width / 2),
                "latitude": float(lattice.y(int(pixels.row[inner])) - lattice.pixel_height / 2),
                "geometry": outline(pixels.row[members], pixels.col[members], lattice),
            }
        )
        parts += [
            {"cluster_id": cluster_id, "zone_id": zones[zone].id, "area_um2": part} for zone, part in touched.items()
        ]
    return AlertClusters(
        sorted(clusters, key=lambda row: row["cluster_id"]),
        sorted(parts, key=lambda row: (row["cluster_id"], row["zone_id"])),
    )


def join_pixels(pixels: AlertPixels, *, days: int) -> Ints:
    """Return for each alert pixel the first pixel (in row order) of its cluster, shape (n,)."""
    return _join(pixels.row, pixels.col, pixels.day, days)


def outline(row: Ints32, col: Ints32, lattice: Lattice) -> str:
    """Return the outline of pixels as GeoJSON: shells counter-clockwise, along the edges of pixels, without bends in between.

    Pixels that meet at a corner only make two polygons. Coordinates are those of the lattice, to nine decimals.

    Args:
        row: Rows, ascending, shape (n,).
        col: Columns, ascending within a row.
        lattice: The grid.
    """
    new = np.flatnonzero((np.diff(row, prepend=-1) != 0) | (np.diff(col, prepend=-2) > 1))
    stop = col[np.append(new[1:], len(col)) - 1] + 1
    # In rows counted upwards, so that orientation is that of the map.
    boxes = shapely.box(col[new], -row[new] - 1, stop, -row[new])
    shape = shapely.simplify(shapely.normalize(shapely.union_all(boxes)), 0)
    polygons = shapely.get_parts(shapely.orient_polygons(shape))
    rings = [
        "[" + ",".join(_ring(ring, lattice) for ring in (polygon.exterior, *polygon.interiors)) + "]"
        for polygon in polygons
    ]
    if len(rings) == 1:
        return '{"type":"Polygon","coordinates":' + rings[0] + "}"
    return '{"type":"MultiPolygon","coordinates":[' + ",".join(rings) + "]}"


def _ring(ring: Any, lattice: Lattice) -> str:
    corners = shapely.get_coordinates(ring).astype(np.int64).tolist()
    return "[" + ",".join(f"[{_degrees(lattice.x(x))},{_degrees(lattice.y(-y))}]" for x, y in corners) + "]"


def _degrees(value: Decimal) -> str:
    """Write degrees to 0.1 mm, without zeros at the end."""
    return f"{value:.9f}".rstrip("0").rstrip(".")


def _members(root: Ints) -> Iterator[tuple[int, Ints]]:
    """Yield (first pixel, pixels in row order) of each cluster."""
    order = np.argsort(root, kind="stable")
    edges = np.flatnonzero(np.diff(root[order], prepend=-1, append=-1)).tolist()
    for low, high in pairwise(edges):
        yield int(order[low]), order[low:high]


def _area_by_zone(pixels: AlertPixels, zone_pixels: ZoneAlerts, root: Ints) -> dict[int, dict[int, int]]:
    """Return {first pixel of a cluster: {zone: area in it, um2}}."""
    areas: dict[int, dict[int, int]] = {}
    if not len(zone_pixels):
        return areas
    place = np.searchsorted(_keys(pixels, pixels), _keys(zone_pixels, pixels))
    found = zip(root[place].tolist(), zone_pixels.zone.tolist(), zone_pixels.area_um2.tolist(), strict=True)
    for first, zone, area in found:
        zones = areas.setdefault(first, {})
        zones[zone] = zones.get(zone, 0) + area
    return areas


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
