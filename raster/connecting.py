"""Runs of pixels that touch, joined by a union-find."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from raster.spans import Ints, Ints32


@njit(cache=True, nogil=True)
def connect(first: Ints, start: Ints32, stop: Ints32, value: NDArray[np.uint8] | None, reach: int) -> Ints32:
    """Join runs that touch runs of the row above, and return the root of each: the first run that hangs together with it.

    Args:
        first: First run of each row, and their number; shape (rows + 1,).
        start: First column, shape (n,); ascending within a row.
        stop: Column after the last, shape (n,).
        value: Only runs of one value are joined, shape (n,); None joins all.
        reach: 1 where corners join, else 0.
    """
    parent = np.arange(len(start), dtype=np.int32)
    for row in range(1, len(first) - 1):
        above, above_stop = first[row - 1], first[row]
        for run in range(first[row], first[row + 1]):
            while above < above_stop and stop[above] + reach <= start[run]:
                above += 1
            other = above
            while other < above_stop and start[other] < stop[run] + reach:
                # A branch of its own, so that the compiler leaves out what looks at values that are not there.
                if value is None or value[other] == value[run]:
                    _join(parent, run, other)
                other += 1
    for run in range(len(parent)):
        parent[run] = _root(parent, run)
    return parent


@njit(cache=True, nogil=True)
def _root(parent: Ints32, run: int) -> int:
    while parent[run] != run:
        parent[run] = parent[parent[run]]
        run = parent[run]
    return run


@njit(cache=True, nogil=True)
def _join(parent: Ints32, run: int, other: int) -> None:
    one, two = _root(parent, run), _root(parent, other)
    if one < two:
        parent[two] = one
    else:
        parent[one] = two
