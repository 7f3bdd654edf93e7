"""Kernels of sampling: layers to map classes, stable forest near loss, and the pixels of runs by class."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

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
        line, codes = cover[row], loss[row]
        whole = len(line) - len(line) % _BLOCK
        for begin in range(0, whole, _BLOCK):
            _mark_block(line[begin : begin + _BLOCK], codes[begin : begin + _BLOCK], book)
        for column in range(whole, len(line)):
            line[column] = book.meaning[book.cover[line[column]], codes[column]]


@njit(cache=True, nogil=True)
def _mark_block(line: Codes, codes: Codes, book: StateBook) -> None:
    # Bytes and a fixed length: the compiler makes vector instructions of the loops.
    low, size, low_other, size_other = book.forest[0], book.forest[1], book.non_forest[0], book.non_forest[1]
    first, years, last = book.loss[0], book.loss[1], book.loss[2]
    plain = np.uint8(0)
    for pixel in range(_BLOCK):
        covered = (np.uint8(line[pixel] - low) < size) | (np.uint8(line[pixel] - low_other) < size_other)
        plain = np.uint8(plain + np.uint8(covered & (codes[pixel] <= last)))
    if plain < _BLOCK:
        for pixel in range(_BLOCK):
            line[pixel] = book.meaning[book.cover[line[pixel]], codes[pixel]]
        return
    before = np.uint8(first - 1)
    for pixel in range(_BLOCK):
        forest = np.uint8(np.uint8(line[pixel] - low) < size)
        lost = np.uint8(np.uint8(codes[pixel] - first) < years)
        gone = np.uint8(np.uint8(codes[pixel] - np.uint8(1)) < before)
        # Forest lost before the years is 5 as non-forest is; lost in them, 4 less; all other forest, 1 less.
        line[pixel] = np.uint8(STABLE_NON_FOREST - forest * np.uint8(1 - gone + 3 * lost))


@njit(cache=True, nogil=True)
def widen_loss(states: Codes, reach: int) -> None:
    """Turn stable forest that has loss within `reach` rows and columns into the buffer of loss, in place."""
    height, width = states.shape
    lines = 2 * reach + 1
    near = np.empty((lines, width), dtype=np.uint8)
    holds = np.zeros(lines, dtype=np.bool_)
    padded, united = np.zeros(width + 2 * reach, dtype=np.uint8), np.empty(width, dtype=np.uint8)
    for row in range(height + reach):
        slot = row % lines
        holds[slot] = row < height and _near_in_row(states[row], reach, padded, near[slot])
        if row < reach:
            continue
        united[:] = 0
        found = False
        for line in range(lines):
            if holds[line]:
                _unite(united, near[line])
                found = True
        if found:
            _mark_near(states[row - reach], united)


@njit(cache=True, nogil=True)
def _near_in_row(line: Codes, reach: int, padded: Codes, near: Codes) -> bool:
    """Write 1 where loss lies within `reach` columns; False, and nothing written, where the row has none."""
    own, any_loss = padded[reach : reach + len(line)], np.uint8(0)
    for column in range(len(line)):
        lost = np.uint8(line[column] == LOSS)
        own[column] = lost
        any_loss |= lost
    if not any_loss:
        return False
    near[:] = padded[: len(line)]
    for shift in range(1, 2 * reach + 1):
        _unite(near, padded[shift : shift + len(line)])
    return True


@njit(cache=True, nogil=True)
def _unite(into: Codes, other: Codes) -> None:
    for column in range(len(into)):
        into[column] |= other[column]


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
def place_of(line: Codes, state: int, rank: int) -> int:
    """Return the place of the pixel that has `rank` of its state before it (0: of any that is seen), or -1."""
    for column in range(len(line)):
        if line[column] == state or (state == UNSEEN and UNSEEN < line[column] < CLASSES):
            if rank == 0:
                return column
            rank -= 1
    return -1
