"""Which pixels of a clipped raster a zone lies in: its bounding window."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from mrv.boundaries import Zone
from mrv.raster_facts import RasterFacts

WGS84 = 4326


@dataclass(frozen=True)
class Window:
    """Columns and rows of a raster, counted from its upper left corner, in pixels."""

    column_offset: int
    row_offset: int
    width: int
    height: int

    def record(self) -> dict[str, int]:
        """Return the window as JSON holds it."""
        return asdict(self)


def zone_windows(zones: Sequence[Zone], rasters: Mapping[str, RasterFacts]) -> dict[tuple[str, str], Window]:
    """Return the window of each zone in each raster in degrees, by the raster's name and the zone's id.

    Args:
        zones: Zones, lon/lat on WGS84.
        rasters: Rasters by name; one in another reference system has no windows, nor one that is not north-up.
    """
    windows = {}
    for name, facts in rasters.items():
        step_x, skew_x, west, skew_y, step_y, north = facts.transform
        if facts.epsg != WGS84 or skew_x or skew_y or step_x <= 0 or step_y >= 0:
            continue
        height, width = facts.shape
        for zone in zones:
            left, bottom, right, top = zone.geometry.bounds
            first = max(math.floor((left - west) / step_x), 0), max(math.floor((top - north) / step_y), 0)
            last = min(math.ceil((right - west) / step_x), width), min(math.ceil((bottom - north) / step_y), height)
            if last[0] > first[0] and last[1] > first[1]:
                windows[name, zone.zone_id] = Window(*first, last[0] - first[0], last[1] - first[1])
    return windows
