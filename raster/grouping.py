"""Entries grouped by a key with exact sums, and what runs of zones share with runs of patches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from raster.forest_years import YearRuns
from raster.patches import LOW
from raster.spans import Ints, Ints32


@dataclass(frozen=True)
class Groups:
    """Entries in the order of their keys.

    Attributes:
        keys: Different keys, ascending, shape (k,).
        order: Entries by key, shape (n,).
        starts: Where each key begins in that order, shape (k,).
    """

    keys: Ints
    order: Ints
    starts: Ints

    @classmethod
    def of(cls, key: Ints) -> Groups:
        """Order entries by their keys (not negative)."""
        order = np.argsort(key, kind="stable")
        ordered = key[order]
        starts = np.flatnonzero(np.diff(ordered, prepend=-1))
        return cls(ordered[starts], order, starts)

    def sums(self, values: Ints) -> Ints:
        """Sum whole numbers by key."""
        if not len(self.starts):
            return np.empty(0, dtype=np.int64)
        return np.asarray(np.add.reduceat(values[self.order], self.starts), dtype=np.int64)

    def areas(self, pixels: Ints, area_um2: Ints) -> list[int]:
        """Sum pixels times the area of each by key, exactly: in two halves, because 64 bits do not hold a large patch."""
        low = pixels * (area_um2 & LOW)
        high = self.sums(pixels * (area_um2 >> 32) + (low >> 32)).tolist()
        return [(one << 32) + other for one, other in zip(high, self.sums(low & LOW).tolist(), strict=True)]


@njit(cache=True, nogil=True)
def overlaps(
    runs: YearRuns, first: Ints, low: int, row: Ints32, start: Ints32, stop: Ints32
) -> tuple[Ints, Ints, Ints]:
    """Return (run, span, pixels) wherever a span of a zone shares pixels with a run; counted first, then written."""
    hit, taker = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    pixels = np.empty(0, dtype=np.int64)
    for write in (False, True):
        count = 0
        for span in range(len(row)):
            line = row[span] - low
            if line < 0 or line >= len(first) - 1:
                continue
            left, right = first[line], first[line + 1]
            end = right
            while left < right:
                middle = (left + right) // 2
                if runs.stop[middle] <= start[span]:
                    left = middle + 1
                else:
                    right = middle
            while left < end and runs.start[left] < stop[span]:
                if write:
                    hit[count], taker[count] = left, span
                    pixels[count] = min(runs.stop[left], stop[span]) - max(runs.start[left], start[span])
                count += 1
                left += 1
        if not write:
            hit, taker = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
            pixels = np.empty(count, dtype=np.int64)
    return hit, taker, pixels
