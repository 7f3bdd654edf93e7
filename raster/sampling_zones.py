"""Whether sampled zones share pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely

from mrv.errors import ProjectError
from raster.grid import Lattice, Window
from raster.rules import Region, Shape, check_shapes
from raster.zoning import lay_zones


def check_apart(region: Region, lattice: Lattice) -> None:
    """Refuse zones that share pixels: a unit would belong to both.

    Raises:
        ProjectError: With the ids and the first place; or a shape is not a valid polygon.
    """
    zones = tuple(region.zones)
    check_shapes(zones)
    shapes = np.array([zone.geometry for zone in zones], dtype=object)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    for first, second in sorted((a, b) for a, b in zip(one.tolist(), other.tolist(), strict=True) if a < b):
        place = _shared(zones[first], zones[second], region, lattice)
        if place:
            raise ProjectError(
                "two sampled zones overlap",
                expected="each pixel in one zone",
                found=f"{zones[first].id} and {zones[second].id} share pixels, the first at {lattice.extent(place)}",
                where=f"zones {zones[first].id} and {zones[second].id}",
                remedy="sample one of the two, or move the common border",
            )


def _shared(one: Shape, other: Shape, region: Region, lattice: Lattice) -> Window | None:
    """Return the first pixel that two zones share; only the bounds of what they share are laid."""
    if shapely.area(shapely.intersection(one.geometry, other.geometry)) == 0:
        return None
    spans = lay_zones(replace(region.undivided, zones=[one, other]), lattice)
    order = np.lexsort((spans.start, spans.row))
    row, start, stop = spans.row[order], spans.start[order], spans.stop[order]
    clash = np.flatnonzero((row[1:] == row[:-1]) & (start[1:] < stop[:-1]))
    return Window(int(row[clash[0]]), int(start[clash[0] + 1]), 1, 1) if len(clash) else None
