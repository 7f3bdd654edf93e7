"""The kernel: runs of pixels to counts, areas and emissions by group, cover and loss year, in one pass.

Sums are integers, so no order of windows, tiles or threads can change a digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mrv.units import GRAMS_PER_MG
from raster.patches import LOW
from raster.rules import FOREST, INVALID, NODATA, NON_FOREST, UNREAD
from raster.spans import Ints, Ints32

MAX_EMISSIONS_MG = 1_000_000.0
"""Above this per pixel a value is a fault of the file, not an emission (and would threaten the 64-bit sum)."""
FAULT_COVER, FAULT_LOSS, FAULT_EMISSIONS = 1, 2, 3
INVALID_PLACE = 3
_BLOCK = 128
"""Pixels counted together; a counter of one byte must hold them."""


class Runs(NamedTuple):
    """Runs of pixels; arrays of shape (n,): row, first column, column after the last, group, area of each pixel in um2."""

    row: Ints32
    start: Ints32
    stop: Ints32
    group: Ints
    area_um2: Ints


class Plane(NamedTuple):
    """A window of a layer: values[0, 0] is the pixel (row, col) of the lattice."""

    values: NDArray[Any]
    row: int
    col: int


class CodeBook(NamedTuple):
    """What values mean.

    Attributes:
        cover: Cover code of each cover value, shape (256,).
        forest: The first value that means forest, and how many do (one after the other), shape (2,).
        non_forest: The same of non-forest.
        loss: Place of each loss code in the counters: a year's is its code, then those not observed, then those that
            the product does not have; shape (256,).
        emissions_nodata: The emission that means nothing, beside NaN.
    """

    cover: NDArray[np.uint8]
    forest: NDArray[np.uint8]
    non_forest: NDArray[np.uint8]
    loss: NDArray[np.uint16]
    emissions_nodata: float

    @classmethod
    def of(
        cls, cover: NDArray[np.uint8], *, years: int, loss_unknown: Sequence[int], emissions_nodata: float
    ) -> CodeBook:
        """Make the book from cover codes, in which forest is one range of values and non-forest another."""
        loss = np.arange(256)
        loss[years + 1 :] = years + 2
        loss[list(loss_unknown)] = years + 1
        codes = np.where(cover == UNREAD, NODATA, cover).astype(np.uint8)
        return cls(codes, _range(codes, FOREST), _range(codes, NON_FOREST), loss.astype(np.uint16), emissions_nodata)


class Tally(NamedTuple):
    """Sums of groups g by cover class c (nodata, non-forest, forest) and loss code y (0: not lost).

    Attributes:
        pixels: Pixels, shape (g, 3, y).
        high: Area, shape (g, 3, y); the area is high * 2**32 + low square micrometres.
        low: See `high`.
        emitting: Lost forest pixels that have an emission value, shape (g, y).
        grams: Their emissions, g CO2e, shape (g, y).
    """

    pixels: Ints
    high: Ints
    low: Ints
    emitting: Ints
    grams: Ints

    @classmethod
    def zero(cls, groups: int, years: int) -> Tally:
        """Return empty sums for `groups` groups and loss codes 0 to `years`."""
        cover, lost = (groups, 3, years + 1), (groups, years + 1)
        return cls(*(np.zeros(size, dtype=np.int64) for size in (cover, cover, cover, lost, lost)))

    def add(self, other: Tally, groups: Ints) -> None:
        """Add the sums of another tally, whose group i is this one's `groups[i]`; carries keep both halves small."""
        self.pixels[groups] += other.pixels
        low = self.low[groups] + (other.low & LOW)
        self.high[groups] += other.high + (other.low >> 32) + (low >> 32)
        self.low[groups] = low & LOW
        self.emitting[groups] += other.emitting
        self.grams[groups] += other.grams

    def area_um2(self, group: int, cover: int, year: int) -> int:
        """Return an area as a Python integer."""
        return (int(self.high[group, cover, year]) << 32) + int(self.low[group, cover, year])


def _range(codes: NDArray[np.uint8], code: int) -> NDArray[np.uint8]:
    values = np.flatnonzero(codes == code)
    return np.array([values[0], len(values)] if len(values) else [0, 0], dtype=np.uint8)


def classify(cover: NDArray[np.uint8], codes: NDArray[np.uint8]) -> None:
    """Replace cover values by their codes, in place; forest is one range of values and non-forest another."""
    _classify(cover.reshape(-1), codes, _range(codes, FOREST), _range(codes, NON_FOREST))


@njit(cache=True, nogil=True)
def _classify(
    values: NDArray[np.uint8], codes: NDArray[np.uint8], forest: NDArray[np.uint8], non_forest: NDArray[np.uint8]
) -> None:
    whole = len(values) - len(values) % _BLOCK
    for begin in range(0, whole, _BLOCK):
        block = values[begin : begin + _BLOCK]
        one, other = _count_block(block, forest, non_forest)
        if one + other == _BLOCK:
            low, size = forest[0], forest[1]
            for pixel in range(_BLOCK):
                block[pixel] = NON_FOREST + np.uint8(np.uint8(block[pixel] - low) < size)
        else:
            for pixel in range(_BLOCK):
                block[pixel] = codes[block[pixel]]
    for pixel in range(whole, len(values)):
        values[pixel] = codes[values[pixel]]


@njit(cache=True, nogil=True)
def tally_runs(
    runs: Runs, cover: Plane, loss: Plane, emissions: Plane, book: CodeBook, tally: Tally
) -> tuple[int, int, int]:
    """Add runs of pixels to the sums.

    Args:
        runs: Pixels that `cover` and `loss` hold.
        cover: Cover values.
        loss: Loss codes.
        emissions: Mg CO2e per pixel over the window of `loss`; empty where there is no such layer.
        book: What values mean.
        tally: Changed in place.

    Returns:
        (fault, row, column) of the first pixel with a value the product does not have; fault 0 if there is none.
    """
    found = np.empty(4, dtype=np.int64)
    places = np.empty(loss.values.shape[1] + 1, dtype=np.uint32)
    lost = np.zeros(3 * (tally.pixels.shape[2] + 2), dtype=np.int64)
    for run in range(len(runs.row)):
        row, group, area = runs.row[run], runs.group[run], runs.area_um2[run]
        start, stop = runs.start[run], runs.stop[run]
        line = cover.values[row - cover.row, start - cover.col : stop - cover.col]
        codes = loss.values[row - loss.row, start - loss.col : stop - loss.col]
        _count_cover(line, book, found)
        if found[INVALID_PLACE]:
            return FAULT_COVER, row, start + _first_of(line, book.cover, INVALID)
        losses = _find_lost(codes, places)
        if losses:
            _count_lost(line, codes, places[:losses], book, lost)
            if not _move_lost(lost, found, tally, group, area):
                return FAULT_LOSS, row, start + _first_of(codes, book.loss, tally.pixels.shape[2] + 1)
        for kind in range(3):
            _add(tally, group, kind, 0, found[kind], area)
        if emissions.values.size and losses:
            values = emissions.values[row - emissions.row, start - emissions.col : stop - emissions.col]
            place = _add_emissions(line, codes, values, places[:losses], book, tally, group)
            if place >= 0:
                return FAULT_EMISSIONS, row, start + place
    return 0, 0, 0


@njit(cache=True, nogil=True)
def _add(tally: Tally, group: int, kind: int, code: int, pixels: int, area: int) -> None:
    tally.pixels[group, kind, code] += pixels
    tally.high[group, kind, code] += pixels * (area >> 32)
    tally.low[group, kind, code] += pixels * (area & LOW)


@njit(cache=True, nogil=True)
def _count_cover(line: NDArray[np.uint8], book: CodeBook, found: Ints) -> None:
    """Count the pixels of each class; what is neither forest nor non-forest is looked up pixel by pixel."""
    forest, non_forest = np.int64(0), np.int64(0)
    whole = len(line) - len(line) % _BLOCK
    for begin in range(0, whole, _BLOCK):
        one, other = _count_block(line[begin : begin + _BLOCK], book.forest, book.non_forest)
        forest, non_forest = forest + one, non_forest + other
    for value in line[whole:]:
        forest += np.uint8(value - book.forest[0]) < book.forest[1]
        non_forest += np.uint8(value - book.non_forest[0]) < book.non_forest[1]
    found[NODATA], found[NON_FOREST], found[FOREST], found[INVALID_PLACE] = 0, non_forest, forest, 0
    if forest + non_forest < len(line):
        for value in line:
            found[NODATA] += book.cover[value] == NODATA
            found[INVALID_PLACE] += book.cover[value] == INVALID


@njit(cache=True, nogil=True)
def _count_block(
    block: NDArray[np.uint8], forest: NDArray[np.uint8], non_forest: NDArray[np.uint8]
) -> tuple[np.int64, np.int64]:
    # Counters of one byte and a fixed length: the compiler makes vector instructions of the loop.
    one, other = np.uint8(0), np.uint8(0)
    low_one, size_one, low_other, size_other = forest[0], forest[1], non_forest[0], non_forest[1]
    for pixel in range(_BLOCK):
        value = block[pixel]
        one = np.uint8(one + np.uint8(np.uint8(value - low_one) < size_one))
        other = np.uint8(other + np.uint8(np.uint8(value - low_other) < size_other))
    return np.int64(one), np.int64(other)


@njit(cache=True, nogil=True)
def _first_of(values: NDArray[np.uint8], codes: NDArray[np.uint8] | NDArray[np.uint16], code: int) -> int:
    """Return the place of the first value that has a code."""
    for place in range(len(values)):
        if codes[values[place]] == code:
            return place
    return -1


@njit(cache=True, nogil=True)
def _find_lost(codes: NDArray[np.uint8], places: NDArray[np.uint32]) -> np.int64:
    """Write the places of the loss codes that are not 0 and return how many there are."""
    count = np.uint64(0)
    words = codes[: len(codes) - len(codes) % 8].view(np.uint64)
    for word in range(len(words)):
        if words[word]:
            first = np.uint64(word) * np.uint64(8)
            # Written for each pixel and kept for some: a branch here would be mispredicted at every speckle.
            for place in range(first, first + np.uint64(8)):
                places[count] = place
                count += np.uint64(codes[place] != 0)
    for place in range(np.uint64(8 * len(words)), np.uint64(len(codes))):
        places[count] = place
        count += np.uint64(codes[place] != 0)
    return np.int64(count)


@njit(cache=True, nogil=True)
def _count_lost(
    line: NDArray[np.uint8], codes: NDArray[np.uint8], places: NDArray[np.uint32], book: CodeBook, lost: Ints
) -> None:
    """Count lost pixels by cover and loss code."""
    width = np.uint64(len(lost) // 3)
    for place in places:
        lost[np.uint64(book.cover[line[place]]) * width + np.uint64(book.loss[codes[place]])] += 1


@njit(cache=True, nogil=True)
def _move_lost(lost: Ints, found: Ints, tally: Tally, group: int, area: int) -> bool:
    """Move lost pixels of one run from `found` to their year and empty `lost`; False if a code is none of the product."""
    width = len(lost) // 3
    valid = True
    for kind in range(3):
        for code in range(1, width):
            pixels = lost[kind * width + code]
            if pixels == 0:
                continue
            lost[kind * width + code] = 0
            if code == width - 1:
                valid = False
            elif code == width - 2:
                found[kind] -= pixels
                found[NODATA] += pixels
            elif kind != NODATA:
                found[kind] -= pixels
                _add(tally, group, kind, code, pixels, area)
    return valid


@njit(cache=True, nogil=True)
def _add_emissions(
    line: NDArray[np.uint8],
    codes: NDArray[np.uint8],
    values: NDArray[np.float32] | NDArray[np.float64],
    places: NDArray[np.uint32],
    book: CodeBook,
    tally: Tally,
    group: int,
) -> np.int64:
    """Add the emissions of lost forest pixels; return the place of the first that cannot be one, or -1."""
    years = tally.emitting.shape[1] - 1
    for place in places:
        code = codes[place]
        if (
            code <= years
            and book.cover[line[place]] == FOREST
            and not _add_emission(values[place], book.emissions_nodata, tally, group, code)
        ):
            return np.int64(place)
    return np.int64(-1)


@njit(cache=True, nogil=True)
def _add_emission(value: float, nodata: float, tally: Tally, group: int, code: int) -> bool:
    """Add one pixel's emission; False if it cannot be one."""
    if np.isnan(value) or value == nodata:
        return True
    if not 0.0 <= value <= MAX_EMISSIONS_MG:
        return False
    tally.emitting[group, code] += 1
    tally.grams[group, code] += np.int64(np.rint(np.float64(value) * GRAMS_PER_MG))
    return True
