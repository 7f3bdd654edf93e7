"""Change of a vegetation index by zone, over the pixels that are clear in both composites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
from numba import njit

from raster.composite import CODES_PER_UNIT, NODATA, Codes, blocks, read_codes
from raster.grid import Lattice, Window
from raster.rules import Region, Shape
from raster.spans import Ints, Ints32
from raster.zoning import ZoneSpans, lay_zones

_NINE_DECIMALS = Decimal("1e-9")


@dataclass(frozen=True)
class ZoneChange:
    """What one zone shows; means are null where no pixel is clear in both composites.

    Attributes:
        zone_id: The zone.
        pixels: Its pixels, by the pixel's centre.
        area_um2: Their area on WGS84.
        clear_pixels: Those clear in both composites.
        clear_area_um2: Their area.
        mean_before: Mean of the index over these, before.
        mean_after: The same after.
        mean_change: Mean of after minus before.
    """

    zone_id: str
    pixels: int
    area_um2: int
    clear_pixels: int
    clear_area_um2: int
    mean_before: Decimal | None
    mean_after: Decimal | None
    mean_change: Decimal | None


def zone_changes(
    before: Path | None, after: Path | None, zones: Sequence[Shape], *, lattice: Lattice, window: Window
) -> list[ZoneChange]:
    """Compare two rasters of an index by zone; each pixel counts once, whatever its area.

    Sums are whole ten-thousandths, so that the order of blocks cannot change a digit; areas are whole square micrometres.

    Args:
        before: Index of the earlier composite on the grid; None if it has no scene.
        after: The later one.
        zones: Zones; they may overlap.
        lattice: The grid.
        window: Extent of the rasters, which holds every zone.

    Raises:
        ProjectError: A zone is no valid polygon, or holds no pixel's centre.
    """
    runs = lay_zones(Region(zones, default_stratum="", pixel_rule="centre"), lattice)
    sums = np.zeros((len(runs), 3), dtype=np.int64)
    if before is not None and after is not None:
        for block in blocks(window):
            one, two = read_codes(before, block), read_codes(after, block)
            _add(one, two, block.row, block.col, runs.row, runs.start, runs.stop, sums)
    return [_of_zone(index, shape.id, runs, sums) for index, shape in enumerate(zones)]


def _of_zone(index: int, zone_id: str, runs: ZoneSpans, sums: Ints) -> ZoneChange:
    own = runs.zone == index
    areas, lengths = runs.area_um2[own].tolist(), (runs.stop[own] - runs.start[own]).tolist()
    clear = sums[own, 0].tolist()
    count, total_before, total_after = (int(total) for total in sums[own].sum(axis=0))
    return ZoneChange(
        zone_id=zone_id,
        pixels=sum(lengths),
        area_um2=sum(length * area for length, area in zip(lengths, areas, strict=True)),
        clear_pixels=count,
        clear_area_um2=sum(pixels * area for pixels, area in zip(clear, areas, strict=True)),
        mean_before=_mean(total_before, count),
        mean_after=_mean(total_after, count),
        mean_change=_mean(total_after - total_before, count),
    )


def _mean(total: int, count: int) -> Decimal | None:
    return (Decimal(total) / (count * CODES_PER_UNIT)).quantize(_NINE_DECIMALS) if count else None


@njit(cache=True, nogil=True)
def _add(
    before: Codes, after: Codes, top: int, left: int, row: Ints32, start: Ints32, stop: Ints32, sums: Ints
) -> None:
    """Add a block to the sums of the runs: pixels clear in both, and what these hold before and after."""
    for run in range(len(row)):
        line = row[run] - top
        if not 0 <= line < before.shape[0]:
            continue
        for col in range(max(start[run] - left, 0), min(stop[run] - left, before.shape[1])):
            if before[line, col] != NODATA and after[line, col] != NODATA:
                sums[run, 0] += 1
                sums[run, 1] += before[line, col]
                sums[run, 2] += after[line, col]
