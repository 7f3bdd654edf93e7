"""The parts of sampling: what a band counts of the frame, and how units are found in the rows that hold them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from raster.grid import Window
from raster.mosaic import Mosaic
from raster.parts import Band, row_slices
from raster.reading import Tile
from raster.sampling_map import ChangeMap, Pixels
from raster.sampling_states import CLASSES, GAIN, LOSS, STABLE_NON_FOREST, count_states, place_of, widen_loss
from raster.spans import Ints, Ints32
from raster.zoning import ZoneSpans

MOST_ROWS = 512
"""Rows around wanted units that are held at once, as far as blocks of the file allow."""


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

    def run(self) -> Runs:
        """Read and count.

        Raises:
            InputError: A pixel of a zone has a value that the product does not have.
        """
        source = self.map.of_band(self.band, self.rows_per_band)
        spans = self.band.spans()
        parts = [self._count(part, source) for part in row_slices(spans, source.mosaics, self.rows_per_band)]
        return Runs.concatenate(parts)

    def _count(self, spans: ZoneSpans, source: ChangeMap) -> Runs:
        numbers, local = self.band.groups(spans)
        spans, origin = _cut_at_blocks(spans, source.mosaics[0])
        window = reached(spans.window, self.reach, source.mosaics)
        states = source.read([window])[0].states
        if self.reach:
            widen_loss(states, self.reach)
        found = np.empty((len(spans), CLASSES), dtype=np.int32)
        fault, row, column = count_states(states, window.row, window.col, spans.row, spans.start, spans.stop, found)
        if fault:
            raise source.refusal(fault, Window(row, column, 1, 1))
        return Runs(spans.row, spans.start, spans.stop, numbers[local][origin], spans.area_um2, found)


def _cut_at_blocks(spans: ZoneSpans, mosaic: Mosaic) -> tuple[ZoneSpans, Ints]:
    """Cut runs where blocks of files that are not whole rows begin, so that a unit is found by reading its block alone."""
    tile = _tile_of(mosaic, spans.window)
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


def _tile_of(mosaic: Mosaic, window: Window) -> Tile:
    """Return the first tile that holds a part of a window."""
    return next(tile for tile in mosaic.tiles if tile.window.intersection(window))


class Wanted(NamedTuple):
    """Pixels that are looked for; arrays of shape (n,).

    Attributes:
        row: Row on the lattice.
        start: First column of the run that holds it.
        stop: First column after the run.
        state: Its state; UNSEEN: any other than that.
        rank: How many pixels of that state come before it in the run.
    """

    row: Ints
    start: Ints
    stop: Ints
    state: Ints
    rank: Ints

    def pick(self, places: Ints) -> Wanted:
        """Return some of them."""
        return Wanted(*(column[places] for column in self))


class Located(NamedTuple):
    """Pixels that were found, in the order in which they were wanted; arrays of shape (n,).

    Attributes:
        column: Column on the lattice, -1 where the run has no such pixel.
        state: Its state.
        loss_year: Calendar year of mapped loss, 0 where the state is not loss or the map has no years.
    """

    column: Ints
    state: NDArray[np.uint8]
    loss_year: Ints

    @classmethod
    def nowhere(cls, count: int) -> Located:
        """Return so many pixels that are not found yet."""
        return cls(np.full(count, -1), np.zeros(count, dtype=np.uint8), np.zeros(count, dtype=np.int64))

    def put(self, places: Ints, found: Located) -> None:
        """Write some of the pixels, in place."""
        self.column[places], self.state[places], self.loss_year[places] = found

    def pick(self, places: Ints) -> Located:
        """Return some of the pixels."""
        return Located(self.column[places], self.state[places], self.loss_year[places])


@dataclass(frozen=True)
class LocatePart:
    """Finds pixels in the rows of a band."""

    band: Band
    map: ChangeMap
    reach: int
    rows_per_band: int
    wanted: Wanted

    @property
    def tile(self) -> int:
        """See Part."""
        return self.band.tile

    def run(self) -> Located:
        """Read the rows, or blocks, that hold the pixels.

        Raises:
            InputError: A tile is cut short or corrupt.
        """
        source, wanted = self.map.of_band(self.band, self.rows_per_band), self.wanted
        found = Located.nowhere(len(wanted.row))
        tile = _tile_of(source.mosaics[0], self.band.window)
        # The class of these does not depend on the pixels around, which need not be read.
        alone = np.isin(wanted.state, (LOSS, GAIN, STABLE_NON_FOREST))
        for reach, own in ((0, np.flatnonzero(alone)), (self.reach, np.flatnonzero(~alone))):
            groups = [own[places] for places in _together(wanted.pick(own), tile, reach)]
            windows = [reached(_window_of(wanted.pick(places)), reach, source.mosaics) for places in groups]
            for some in _batches(windows):
                for places, window, pixels in zip(groups[some], windows[some], source.read(windows[some]), strict=True):
                    if reach:
                        widen_loss(pixels.states, reach)
                    self._find(places, window, pixels, source.base_year, found)
        return found

    def _find(self, places: Ints, window: Window, pixels: Pixels, base_year: int, found: Located) -> None:
        wanted = self.wanted
        for place in places.tolist():
            line, begin = int(wanted.row[place]) - window.row, int(wanted.start[place]) - window.col
            states = pixels.states[line, begin : int(wanted.stop[place]) - window.col]
            at = place_of(states, int(wanted.state[place]), int(wanted.rank[place]))
            if at < 0:
                continue
            found.column[place], found.state[place] = wanted.start[place] + at, states[at]
            if states[at] == LOSS and pixels.loss is not None:
                found.loss_year[place] = base_year + int(pixels.loss[line, begin + at])


def reached(window: Window, reach: int, mosaics: Sequence[Mosaic]) -> Window:
    """Return a window with the pixels around it, as far as there are tiles."""
    if not reach:
        return window
    extent = mosaics[0].extent
    for mosaic in mosaics[1:]:
        extent = extent.union(mosaic.extent)
    return window.expand(reach).intersection(extent) or window


def _window_of(wanted: Wanted) -> Window:
    row, left = int(wanted.row.min()), int(wanted.start.min())
    return Window(row, left, int(wanted.row.max()) + 1 - row, int(wanted.stop.max()) - left)


def _batches(windows: Sequence[Window]) -> Iterator[slice]:
    """Yield which windows are read and held together: files are opened once for each batch."""
    begin, rows = 0, 0
    for place, window in enumerate(windows):
        if rows + window.height > MOST_ROWS and place > begin:
            yield slice(begin, place)
            begin, rows = place, 0
        rows += window.height
    if begin < len(windows):
        yield slice(begin, len(windows))


def _together(wanted: Wanted, tile: Tile, reach: int) -> Iterator[Ints]:
    """Yield the places of what is read together: pixels whose rows share blocks, of one column of blocks."""
    height, width = tile.block
    column = (wanted.start - tile.window.col) // width
    order = np.lexsort((wanted.row, column))
    row = wanted.row[order] - tile.window.row
    top, bottom = (row - reach) // height, (row + reach) // height
    begin = 0
    for place in range(1, len(order) + 1):
        if (
            place == len(order)
            or column[order[place]] != column[order[begin]]
            or top[place] > bottom[place - 1]
            or row[place] - row[begin] >= max(MOST_ROWS, height)
        ):
            yield order[begin:place]
            begin = place
