"""Kernels of sampling: layers to map classes, stable forest near loss, and the pixels of runs by class."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from raster.bands import Codes
from raster.crosstab import FAULT_COVER, FAULT_LOSS, CodeBook
from raster.rules import FOREST, INVALID, NON_FOREST, ProductRule
from raster.spans import Ints32

UNSEEN, LOSS, GAIN, LOSS_BUFFER, STABLE_FOREST, STABLE_NON_FOREST = range(6)
"""States of a pixel of the map; UNSEEN: the map does not observe it."""
CLASSES = 6
FIRST_FAULT = 250
"""A state beyond it is this number plus the fault of a value that the product does not have."""
_BLOCK = 128
"""Pixels counted together; a counter of one byte must hold them."""
_STRETCH = 1024
"""Pixels marked together: enough that taking them out of a row costs little."""
MOST_REACH = _BLOCK


class StateBook(NamedTuple):
    """What cover values and loss codes say together.

    Attributes:
        cover: Cover code of each cover value, shape (256,).
        forest: The first value that means forest, and how many do (one after the other), shape (2,).
        non_forest: The same of non-forest.
        meaning: State by cover code and loss code, shape (5, 256).
        loss: The first loss code of the design, how many there are, and the last code of the product, shape (3,).
    """

    cover: Codes
    forest: Codes
    non_forest: Codes
    meaning: Codes
    loss: Codes

    @classmethod
    def of(cls, cover: Codes, product: ProductRule, *, first_year: int, last_year: int) -> StateBook:
        """Make the book from the cover codes, for loss from the first to the last year."""
        years, unknown = product.years, list(product.loss_year_nodata)
        first, count = first_year - product.base_year, last_year - first_year + 1
        meaning = np.full((INVALID + 1, 256), UNSEEN, dtype=np.uint8)
        meaning[NON_FOREST, : years + 1] = STABLE_NON_FOREST
        meaning[FOREST, : years + 1] = STABLE_FOREST
        meaning[FOREST, 1:first] = STABLE_NON_FOREST
        meaning[FOREST, first : first + count] = LOSS
        meaning[:, years + 1 :] = FIRST_FAULT + FAULT_LOSS
        meaning[:, unknown] = UNSEEN
        meaning[INVALID] = FIRST_FAULT + FAULT_COVER
        # Only for its ranges of values.
        plain = CodeBook.of(cover, years=years, loss_unknown=unknown, emissions_nodata=float("nan"))
        return cls(cover, plain.forest, plain.non_forest, meaning, np.array([first, count, years], dtype=np.uint8))


@njit(cache=True, nogil=True)
def mark_states(cover: Codes, loss: Codes, book: StateBook) -> None:
    """Replace cover values by states, in place; both arrays have the shape (rows, columns)."""
    for row in range(cover.shape[0]):
        for begin in range(0, cover.shape[1], _STRETCH):
            _mark_stretch(cover[row, begin : begin + _STRETCH], loss[row, begin : begin + _STRETCH], book)


@njit(cache=True, nogil=True)
def _mark_stretch(line: Codes, codes: Codes, book: StateBook) -> None:
    # Bytes and no branch: the compiler makes vector instructions of the loops; odd values are looked up one by one.
    low, size, low_other, size_other = book.forest[0], book.forest[1], book.non_forest[0], book.non_forest[1]
    first, years, last = book.loss[0], book.loss[1], book.loss[2]
    odd = np.uint8(0)
    for pixel in range(len(line)):
        covered = (np.uint8(line[pixel] - low) < size) | (np.uint8(line[pixel] - low_other) < size_other)
        odd |= np.uint8(np.uint8(covered & (codes[pixel] <= last)) ^ 1)
    if odd:
        for pixel in range(len(line)):
            line[pixel] = book.meaning[book.cover[line[pixel]], codes[pixel]]
        return
    before = np.uint8(first - 1)
    for pixel in range(len(line)):
        forest = np.uint8(np.uint8(line[pixel] - low) < size)
        lost = np.uint8(np.uint8(codes[pixel] - first) < years)
        gone = np.uint8(np.uint8(codes[pixel] - np.uint8(1)) < before)
        # Forest lost before the years is 5 as non-forest is; lost in them, 4 less; all other forest, 1 less.
        line[pixel] = np.uint8(STABLE_NON_FOREST - forest * np.uint8(1 - gone + 3 * lost))


@njit(cache=True, nogil=True)
def widen_loss(states: Codes, reach: int) -> None:
    """Turn stable forest that has loss within `reach` rows and columns into the buffer of loss, in place.

    Loss is sparse: rows are looked at in blocks, and only those near a block with loss are worked on.

    Args:
        states: States, shape (rows, columns).
        reach: At most MOST_REACH.
    """
    height, width = states.shape
    lines, blocks = 2 * reach + 1, -(-width // _BLOCK)
    near = np.empty((lines, blocks * _BLOCK), dtype=np.uint8)
    holds, times = np.zeros((lines, blocks), dtype=np.bool_), np.zeros(blocks, dtype=np.int32)
    lost, united = np.empty(blocks, dtype=np.bool_), np.empty(_BLOCK, dtype=np.uint8)
    own = np.empty(_BLOCK + 2 * reach, dtype=np.uint8)
    for row in range(height + reach):
        slot = row % lines
        for block in range(blocks):
            times[block] -= holds[slot, block]
            holds[slot, block] = False
        if row < height and _find_loss(states[row], lost):
            for block in range(blocks):
                if lost[block] or lost[max(block - 1, 0)] or lost[min(block + 1, blocks - 1)]:
                    holds[slot, block] = True
                    times[block] += 1
                    _near_in_block(states[row], block * _BLOCK, reach, own, near[slot])
        if row >= reach:
            _mark_row(states[row - reach], near, holds, times, united)


@njit(cache=True, nogil=True)
def _mark_row(line: Codes, near: Codes, holds: NDArray[np.bool_], times: Ints32, united: Codes) -> None:
    """Mark the stable forest of a row near loss of any of the rows around."""
    for block in range(len(times)):
        if times[block] == 0:
            continue
        place = slice(block * _BLOCK, (block + 1) * _BLOCK)
        united[:] = 0
        for slot in range(len(holds)):
            if holds[slot, block]:
                _unite(united, near[slot, place])
        _mark_near(line[place], united)


@njit(cache=True, nogil=True)
def _find_loss(line: Codes, lost: NDArray[np.bool_]) -> bool:
    """Write which blocks of a row hold loss, and return whether one does."""
    found = False
    for block in range(len(lost)):
        part, any_loss = line[block * _BLOCK : (block + 1) * _BLOCK], np.uint8(0)
        for column in range(len(part)):
            any_loss |= np.uint8(part[column] == LOSS)
        lost[block] = any_loss
        found |= lost[block]
    return found


@njit(cache=True, nogil=True)
def _near_in_block(line: Codes, begin: int, reach: int, own: Codes, near: Codes) -> None:
    """Write 1 where loss of the same row lies within `reach` columns, else 0, for the block that begins at a column."""
    own[:] = 0
    first, after = max(begin - reach, 0), min(begin + _BLOCK + reach, len(line))
    part, place = line[first:after], own[first - begin + reach :]
    for column in range(len(part)):
        place[column] = np.uint8(part[column] == LOSS)
    block = near[begin : begin + _BLOCK]
    block[:] = own[:_BLOCK]
    for shift in range(1, 2 * reach + 1):
        _unite(block, own[shift : shift + _BLOCK])


@njit(cache=True, nogil=True)
def _unite(into: Codes, other: Codes) -> None:
    for pixel in range(_BLOCK):
        into[pixel] |= other[pixel]


@njit(cache=True, nogil=True)
def _mark_near(line: Codes, near: Codes) -> None:
    for column in range(len(line)):
        line[column] = np.uint8(line[column] - np.uint8(near[column] & np.uint8(line[column] == STABLE_FOREST)))


@njit(cache=True, nogil=True)
def count_states(
    states: Codes, top: int, left: int, row: Ints32, start: Ints32, stop: Ints32, found: Ints32
) -> tuple[int, int, int]:
    """Count the pixels of runs by state.

    Args:
        states: States of a window.
        top: Its first row.
        left: Its first column.
        row: Row of each run, shape (n,).
        start: First column.
        stop: First column after the run.
        found: Pixels by state, shape (n, CLASSES); written.

    Returns:
        Fault, row and column of the first value that the product does not have; fault 0 where there is none.
    """
    for run in range(len(row)):
        line = states[row[run] - top, start[run] - left : stop[run] - left]
        found[run] = 0
        whole = len(line) - len(line) % _BLOCK
        for begin in range(0, whole, _BLOCK):
            _count_block(line[begin : begin + _BLOCK], found[run])
        total = whole - found[run].sum()
        for column in range(whole, len(line)):
            if line[column] < CLASSES:
                found[run, line[column]] += 1
            else:
                total += 1
        if total:
            for column in range(len(line)):
                if line[column] > FIRST_FAULT:
                    return line[column] - FIRST_FAULT, row[run], start[run] + column
    return 0, 0, 0


@njit(cache=True, nogil=True)
def _count_block(block: Codes, found: Ints32) -> None:
    unseen, lost, gained = np.uint8(0), np.uint8(0), np.uint8(0)
    near, forest, other = np.uint8(0), np.uint8(0), np.uint8(0)
    for pixel in range(_BLOCK):
        state = block[pixel]
        unseen = np.uint8(unseen + np.uint8(state == UNSEEN))
        lost = np.uint8(lost + np.uint8(state == LOSS))
        gained = np.uint8(gained + np.uint8(state == GAIN))
        near = np.uint8(near + np.uint8(state == LOSS_BUFFER))
        forest = np.uint8(forest + np.uint8(state == STABLE_FOREST))
        other = np.uint8(other + np.uint8(state == STABLE_NON_FOREST))
    found[UNSEEN] += unseen
    found[LOSS] += lost
    found[GAIN] += gained
    found[LOSS_BUFFER] += near
    found[STABLE_FOREST] += forest
    found[STABLE_NON_FOREST] += other


@njit(cache=True, nogil=True)
def buffer_columns(states: Codes, top: int, left: int, row: Ints32, start: Ints32, stop: Ints32, count: int) -> Ints32:
    """Return the columns of the buffer of loss in runs, run by run, shape (count,); for the other arguments see above."""
    columns, place = np.empty(count + 1, dtype=np.int32), 0
    for run in range(len(row)):
        line = states[row[run] - top, start[run] - left : stop[run] - left]
        for begin in range(0, len(line), _BLOCK):
            block, near = line[begin : begin + _BLOCK], np.uint8(0)
            for pixel in range(len(block)):
                near |= np.uint8(block[pixel] == LOSS_BUFFER)
            if near:
                for pixel in range(len(block)):
                    columns[place] = start[run] + begin + pixel
                    place += block[pixel] == LOSS_BUFFER
    return columns[:count].copy()


@njit(cache=True, nogil=True)
def place_of(line: Codes, state: int, rank: int) -> int:
    """Return the place of the pixel that has `rank` of its state before it (UNSEEN: of any state but that), or -1."""
    for column in range(len(line)):
        if line[column] == state if state != UNSEEN else UNSEEN < line[column] < CLASSES:
            if rank == 0:
                return column
            rank -= 1
    return -1
