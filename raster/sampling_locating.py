"""The parts that find drawn units again: only rows, or blocks, that hold one are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from raster.grid import Window
from raster.parts import Band
from raster.reading import Tile
from raster.sampling_map import ChangeMap, Pixels
from raster.sampling_parts import reached, tile_of
from raster.sampling_states import GAIN, LOSS, LOSS_BUFFER, STABLE_NON_FOREST, place_of, widen_loss
from raster.spans import Ints, Ints32

MOST_ROWS = 512
"""Rows around wanted units that are held at once, as far as blocks of the file allow."""


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
    """Finds pixels in the rows of a band.

    Attributes:
        band: The band.
        map: The map.
        reach: Width of the buffer of loss.
        rows_per_band: Rows read at once.
        wanted: The pixels.
        near: Of each, the columns of the buffer of loss in its run; None where they have to be found again.
    """

    band: Band
    map: ChangeMap
    reach: int
    rows_per_band: int
    wanted: Wanted
    near: tuple[Ints32 | None, ...]

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
        tile = tile_of(source.mosaics[0], self.band.window)
        # The class of these does not depend on the pixels around, which need not be read.
        alone = np.isin(wanted.state, (LOSS, GAIN, STABLE_NON_FOREST))
        alone |= np.array([columns is not None for columns in self.near])
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
            near = self.near[place]
            if near is not None:
                states[near - wanted.start[place]] = LOSS_BUFFER
            at = place_of(states, int(wanted.state[place]), int(wanted.rank[place]))
            if at < 0:
                continue
            found.column[place], found.state[place] = wanted.start[place] + at, states[at]
            if states[at] == LOSS and pixels.loss is not None:
                found.loss_year[place] = base_year + int(pixels.loss[line, begin + at])


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
