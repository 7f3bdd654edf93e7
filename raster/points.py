"""Which zones hold which points (fire detections, plots)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import ArrayLike

from mrv.errors import InputError
from raster.rules import Shape


def zones_of_points(longitude: ArrayLike, latitude: ArrayLike, zones: Sequence[Shape]) -> list[tuple[int, str]]:
    """Find the zones that hold each point.

    A point on a border belongs to every zone that has this border: a detection is shown to both neighbours rather than
    to none, so sums over neighbouring zones may count it twice.

    Args:
        longitude: Degrees, shape (n,).
        latitude: Degrees, shape (n,).
        zones: Polygons in lon/lat; they may overlap.

    Returns:
        Pairs (index of the point, id of the zone), ordered by both.

    Raises:
        InputError: A coordinate is not finite, or the two lists differ in length.
    """
    x, y = np.asarray(longitude, dtype=np.float64), np.asarray(latitude, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1 or not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError(
            "points cannot be placed in zones",
            expected="as many finite longitudes as latitudes",
            found=f"{x.size} longitudes, {y.size} latitudes",
            remedy="quarantine records without coordinates first",
        )
    tree = shapely.STRtree(shapely.points(x, y))
    zone_index, point_index = tree.query(
        np.array([zone.geometry for zone in zones], dtype=object), predicate="intersects"
    )
    return sorted((int(point), zones[zone].id) for zone, point in zip(zone_index, point_index, strict=True))
