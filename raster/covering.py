"""Whether tiles hold every pixel of every zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mrv.errors import InputError
from raster.grid import Window
from raster.mosaic import Mosaic
from raster.rules import Region, Shape
from raster.zoning import Outline, ZoneSpans


def check_tiles(outline: Outline, mosaics: Sequence[Mosaic], region: Region) -> None:
    """Refuse tiles that do not hold every pixel of every zone; only zones whose bounds reach beyond are laid for it.

    Raises:
        InputError: With the extent that lacks.
    """
    zones = region.zones
    row, col, row_stop, col_stop = outline.bounds(len(zones))
    for mosaic in mosaics:
        covered = np.zeros(len(zones), dtype=np.int64)
        for tile in mosaic.tiles:
            window = tile.window
            height = np.minimum(row_stop, window.row_stop) - np.maximum(row, window.row)
            width = np.minimum(col_stop, window.col_stop) - np.maximum(col, window.col)
            covered += np.maximum(height, 0) * np.maximum(width, 0)
        for index in np.flatnonzero(covered < (row_stop - row) * (col_stop - col)).tolist():
            own, _ = Outline.of(replace(region.undivided, zones=[zones[index]]), outline.lattice)
            check_covered(own.lay(), mosaic, [zones[index]])


def check_covered(spans: ZoneSpans, mosaic: Mosaic, zones: Sequence[Shape]) -> None:
    """Refuse tiles that do not hold every pixel of every zone.

    Raises:
        InputError: With the extent that lacks.
    """
    covered = np.zeros(len(spans), dtype=np.int64)
    for tile in mosaic.tiles:
        window = tile.window
        inside = (spans.row >= window.row) & (spans.row < window.row_stop)
        shared = np.minimum(spans.stop, window.col_stop) - np.maximum(spans.start, window.col)
        covered += np.where(inside, np.maximum(shared, 0), 0)
    lacking = np.flatnonzero(covered < spans.stop - spans.start)
    if not len(lacking):
        return
    zone = int(spans.zone[lacking].min())
    missing: Window | None = None
    for index in lacking[spans.zone[lacking] == zone].tolist():
        for gap in _gaps(int(spans.row[index]), int(spans.start[index]), int(spans.stop[index]), mosaic):
            missing = gap if missing is None else missing.union(gap)
    raise InputError(
        f"the tiles of the layer {mosaic.layer} do not cover a zone",
        expected=f"tiles that hold {mosaic.lattice.extent(missing)}" if missing else None,
        found="; ".join(f"{tile.path.name}: {mosaic.lattice.extent(tile.window)}" for tile in mosaic.tiles),
        where=f"zone {zones[zone].id}",
        remedy="pull the neighbouring tiles of the same product version too",
    )


def _gaps(row: int, start: int, stop: int, mosaic: Mosaic) -> list[Window]:
    gaps, column = [], start
    for window in sorted((tile.window for tile in mosaic.tiles), key=lambda window: window.col):
        if window.row <= row < window.row_stop and column < stop:
            if column < window.col:
                gaps.append(Window(row, column, 1, min(window.col, stop) - column))
            column = max(column, window.col_stop)
    if column < stop:
        gaps.append(Window(row, column, 1, stop - column))
    return gaps
