"""The kernel: runs of pixels to counts, areas and emissions by group, cover and loss year, in one pass.

Sums are integers, so no order of windows, tiles or threads can change a digit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mrv.units import GRAMS_PER_MG
from raster.patches import LOW
from raster.rules import FOREST, INVALID, NODATA, UNREAD
from raster.spans import Ints, Ints32

MAX_EMISSIONS_MG = 1_000_000.0
"""Above this per pixel a value is a fault of the file, not an emission (and would threaten the 64-bit sum)."""
FAULT_COVER, FAULT_LOSS, FAULT_EMISSIONS = 1, 2, 3
_CHUNK = 2**15
_FIELD = 16


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
        packed: The same by `packed_codes`.
        loss_unknown: Which loss codes mean 'not observed', shape (256,).
        emissions_nodata: The emission that means nothing, beside NaN.
    """

    cover: NDArray[np.uint8]
    packed: NDArray[np.uint64]
    loss_unknown: NDArray[np.bool_]
    emissions_nodata: float


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


def packed_codes(codes: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return, for each pixel value, one unit in the 16-bit field of its class, so that one addition counts it."""
    field = codes.astype(np.uint64)
    field[codes == UNREAD] = NODATA
    field[codes == INVALID] = 3
    return np.uint64(1) << (field * np.uint64(_FIELD))


@njit(cache=True, nogil=True)
def classify(cover: NDArray[np.uint8], codes: NDArray[np.uint8]) -> None:
    """Replace cover values by their codes, in place."""
    flat = cover.reshape(-1)
    for pixel in range(len(flat)):
        flat[pixel] = codes[flat[pixel]]


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
    plain = np.zeros(4, dtype=np.int64)
    for run in range(len(runs.row)):
        row, group, area = runs.row[run], runs.group[run], runs.area_um2[run]
        plain[:] = 0
        column = runs.start[run]
        while column < runs.stop[run]:
            stop = min(runs.stop[run], column + _CHUNK)
            line = cover.values[row - cover.row, column - cover.col : stop - cover.col]
            _count_cover(line, book.packed, plain)
            if plain[3]:
                return FAULT_COVER, row, column + _first_invalid(line, book.cover)
            fault, place = _count_lost(
                line, row - loss.row, column - loss.col, loss.values, emissions.values, book, tally, group, area, plain
            )
            if fault:
                return fault, row, column + place
            column = stop
        for kind in range(3):
            tally.pixels[group, kind, 0] += plain[kind]
            tally.high[group, kind, 0] += plain[kind] * (area >> 32)
            tally.low[group, kind, 0] += plain[kind] * (area & LOW)
    return 0, 0, 0


@njit(cache=True, nogil=True)
def _count_cover(line: NDArray[np.uint8], packed: NDArray[np.uint64], plain: Ints) -> None:
    seen = np.uint64(0)
    for pixel in range(len(line)):
        seen += packed[line[pixel]]
    for kind in range(4):
        plain[kind] += np.int64((seen >> np.uint64(kind * _FIELD)) & np.uint64(0xFFFF))


@njit(cache=True, nogil=True)
def _first_invalid(line: NDArray[np.uint8], codes: NDArray[np.uint8]) -> int:
    for pixel in range(len(line)):
        if codes[line[pixel]] == INVALID:
            return pixel
    return -1


@njit(cache=True, nogil=True)
def _count_lost(
    line: NDArray[np.uint8],
    row: int,
    col: int,
    loss: NDArray[np.uint8],
    emissions: NDArray[np.float32] | NDArray[np.float64],
    book: CodeBook,
    tally: Tally,
    group: int,
    area: int,
    plain: Ints,
) -> tuple[int, int]:
    """Move lost pixels from `plain` (pixels by cover) to their year; pixels not observed have no year."""
    years = tally.pixels.shape[2] - 1
    codes = loss[row, col : col + len(line)]
    for pixel in range(len(line)):
        code = codes[pixel]
        if code == 0:
            continue
        kind = book.cover[line[pixel]]
        if code > years:
            if not book.loss_unknown[code]:
                return FAULT_LOSS, pixel
            plain[kind] -= 1
            plain[NODATA] += 1
        elif kind != NODATA:
            plain[kind] -= 1
            tally.pixels[group, kind, code] += 1
            tally.high[group, kind, code] += area >> 32
            tally.low[group, kind, code] += area & LOW
            if (
                kind == FOREST
                and emissions.size
                and not _add_emission(emissions[row, col + pixel], book.emissions_nodata, tally, group, code)
            ):
                return FAULT_EMISSIONS, pixel
    return 0, 0


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
