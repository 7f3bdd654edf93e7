"""The parts of the survey of a sampling frame: what a band counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from raster.grid import Window
from raster.mosaic import Mosaic
from raster.parts import Band, row_slices
from raster.reading import Tile
from raster.sampling_map import ChangeMap
from raster.sampling_seams import Seam, own_window, seam_of
from raster.sampling_states import (
    CLASSES,
    LOSS_BUFFER,
    STABLE_FOREST,
    buffer_columns,
    count_states,
    widen_loss,
)
from raster.spans import Ints, Ints32
from raster.zoning import ZoneSpans

SPARSE = 64
"""Where the buffer of loss is less than one pixel in so many, its columns are remembered: a byte for 16 pixels at most."""


class Runs(NamedTuple):
    """Runs of pixels of the frame, each in one zone and carbon stratum; arrays of shape (n,).

    Attributes:
        row: Row on the lattice.
        start: First column.
        stop: First column after the run.
        pair: Number of zone and carbon stratum: as the band has it, or place in `Layout.pairs`.
        area_um2: Area of each pixel, square micrometres.
        found: Pixels by state, shape (n, CLASSES).
    """

    row: Ints32
    start: Ints32
    stop: Ints32
    pair: Ints
    area_um2: Ints
    found: Ints32

    @classmethod
    def concatenate(cls, parts: Sequence[Runs]) -> Runs:
        """Return the runs of several parts, one after the other."""
        columns: list[Any] = [np.concatenate(column) for column in zip(*parts, strict=True)]
        return cls(*columns)

    def pick(self, places: Ints) -> Runs:
        """Return some of the runs."""
        columns: list[Any] = [column[places] for column in self]
        return Runs(*columns)


class Surveyed(NamedTuple):
    """What a band holds of the frame.

    Attributes:
        runs: Its runs.
        near: Columns of the buffer of loss, run by run, which spare later readers the rows around; None where there are
            too many.
        seams: What lies along its borders.
    """

    runs: Runs
    near: Ints32 | None
    seams: tuple[Seam, ...]

    def with_near(self, row: Ints, column: Ints) -> Surveyed:
        """Turn pixels of stable forest that lie in its runs into the buffer of loss; other pixels are left out."""
        runs = self.runs
        key = (runs.row.astype(np.int64) << 32) + runs.start
        order = np.argsort(key)
        run = order[np.maximum(np.searchsorted(key[order], (row << 32) + column, side="right") - 1, 0)]
        inside = (runs.row[run] == row) & (runs.start[run] <= column) & (column < runs.stop[run])
        run, column = run[inside], column[inside].astype(np.int32)
        near = self.near
        if near is not None:
            holder = np.concatenate([np.repeat(np.arange(len(key)), runs.found[:, LOSS_BUFFER]), run])
            near = np.concatenate([near, column])
            near = near[np.lexsort((near, holder))]
        found = runs.found.copy()
        np.add.at(found[:, LOSS_BUFFER], run, 1)
        np.subtract.at(found[:, STABLE_FOREST], run, 1)
        return Surveyed(runs._replace(found=found), near, self.seams)


@dataclass(frozen=True)
class SurveyPart:
    """Counts the pixels of a band's runs by state."""

    band: Band
    map: ChangeMap
    reach: int
    rows_per_band: int

    @property
    def tile(self) -> int:
        """See Part."""
        return self.band.tile

    def run(self) -> Surveyed:
        """Read and count.

        Raises:
            InputError: A pixel of a zone has a value that the product does not have.
        """
        source = self.map.of_band(self.band, self.rows_per_band)
        spans = self.band.spans()
        parts = [self._count(part, source) for part in row_slices(spans, source.mosaics, self.rows_per_band)]
        near = [part.near for part in parts if part.near is not None]
        return Surveyed(
            Runs.concatenate([part.runs for part in parts]),
            np.concatenate(near) if len(near) == len(parts) else None,
            tuple(seam for part in parts for seam in part.seams),
        )

    def _count(self, spans: ZoneSpans, source: ChangeMap) -> Surveyed:
        numbers, local = self.band.groups(spans)
        spans, origin = _cut_at_blocks(spans, source.mosaics[0])
        needed = window = reached(spans.window, self.reach, source.mosaics)
        if self.reach and not source.by_zone:
            window = own_window(needed, self.band.window, tile_of(source.mosaics[0], self.band.window), self.reach)
        states = source.read([window])[0].states
        if self.reach:
            widen_loss(states, self.reach)
        found = np.empty((len(spans), CLASSES), dtype=np.int32)
        place = (window.row, window.col, spans.row, spans.start, spans.stop)
        fault, row, column = count_states(states, *place, found)
        if fault:
            raise source.refusal(fault, Window(row, column, 1, 1))
        count = int(found[:, LOSS_BUFFER].sum(dtype=np.int64))
        near = buffer_columns(states, *place, count) if count * SPARSE <= window.pixels else None
        return Surveyed(
            Runs(spans.row, spans.start, spans.stop, numbers[local][origin], spans.area_um2, found),
            near,
            (seam_of(states, window, needed, self.reach),),
        )


def _cut_at_blocks(spans: ZoneSpans, mosaic: Mosaic) -> tuple[ZoneSpans, Ints]:
    """Cut runs where blocks of files that are not whole rows begin, so that a unit is found by reading its block alone."""
    tile = tile_of(mosaic, spans.window)
    width = tile.block[1]
    if width >= tile.window.width:
        return spans, np.arange(len(spans))
    first = (spans.start - tile.window.col) // width
    times = (spans.stop - 1 - tile.window.col) // width - first + 1
    run = np.repeat(np.arange(len(spans)), times)
    border = (np.arange(len(run)) - np.repeat(np.cumsum(times) - times, times) + first[run]) * width + tile.window.col
    cut = spans.pick(run)
    start, stop = np.maximum(cut.start, border), np.minimum(cut.stop, border + width)
    return ZoneSpans(
        cut.zone, cut.stratum, cut.row, start.astype(np.int32), stop.astype(np.int32), cut.area_um2, cut.nominal_um2,
        cut.partial,
    ), run  # fmt: skip


def reached(window: Window, reach: int, mosaics: Sequence[Mosaic]) -> Window:
    """Return a window with the pixels around it, as far as there are tiles."""
    if not reach:
        return window
    extent = mosaics[0].extent
    for mosaic in mosaics[1:]:
        extent = extent.union(mosaic.extent)
    return window.expand(reach).intersection(extent) or window


def tile_of(mosaic: Mosaic, window: Window) -> Tile:
    """Return the first tile that holds a part of a window."""
    return next(tile for tile in mosaic.tiles if tile.window.intersection(window))
