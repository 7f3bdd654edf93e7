"""The tables of alert pixels as arrays, which parts of a pass fill and the whole puts together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from raster.alert_codes import Bytes
from raster.patches import LOW as LOW_BITS
from raster.spans import Ints, Ints32

Table = TypeVar("Table", bound="Columns")


@dataclass(frozen=True)
class Columns:
    """A table held as arrays of one length, shape (n,)."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def pick(self, rows: NDArray[Any]) -> Self:
        """Return some of the rows."""
        return type(self)(*(getattr(self, item.name)[rows] for item in fields(self)))

    def ordered(self, *names: str) -> Self:
        """Return the rows ordered by some columns."""
        keys = [getattr(self, name) for name in names]
        if not len(self):
            return self
        spans = [(int(key.min()), int(key.max()) - int(key.min()) + 1) for key in keys]
        if math.prod(size for _, size in spans) >= 2**62:
            return self.pick(np.lexsort(keys[::-1]))
        # One number for each row sorts many times faster, the more so as bands come in order.
        together = np.zeros(len(self), dtype=np.int64)
        for key, (low, size) in zip(keys, spans, strict=True):
            together = together * size + (key - low)
        return self.pick(np.argsort(together, kind="stable"))

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return the rows of all parts."""
        return cls(*(np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(cls)))


@dataclass(frozen=True)
class AlertPixels(Columns):
    """Alert pixels, ordered by row, column and day.

    Attributes:
        row: Row on the lattice.
        col: Column.
        day: Days since 1 January 1970.
        confidence: LOW, HIGH or HIGHEST.
    """

    row: Ints32
    col: Ints32
    day: Ints32
    confidence: Bytes


@dataclass(frozen=True)
class ZoneAlerts(Columns):
    """Alert pixels of zones, in any order; a pixel of two zones stands twice.

    Attributes:
        zone: Index of the zone.
        row, col, day, confidence: As in AlertPixels.
        area_um2: What the pixel counts in the zone.
    """

    zone: Ints32
    row: Ints32
    col: Ints32
    day: Ints32
    confidence: Bytes
    area_um2: Ints


@dataclass(frozen=True)
class Sums(Columns):
    """Sums of (zone, day, confidence), ordered by these. The area is high * 2**32 + low um2."""

    zone: Ints32
    day: Ints32
    confidence: Bytes
    pixels: Ints
    high: Ints
    low: Ints


def add_up(terms: Sums) -> Sums:
    """Add up the terms of each (zone, day, confidence)."""
    terms, first = grouped(terms, "zone", "day", "confidence")
    if not len(first):
        return terms
    pixels, high, low = (np.add.reduceat(item, first) for item in (terms.pixels, terms.high, terms.low))
    return Sums(
        terms.zone[first], terms.day[first], terms.confidence[first], pixels, high + (low >> 32), low & LOW_BITS
    )


def grouped(rows: Table, *names: str) -> tuple[Table, Ints]:
    """Return rows ordered by some columns, and the first row of each group of the same values."""
    rows = rows.ordered(*names)
    new = np.zeros(len(rows), dtype=np.bool_)
    new[:1] = True
    for name in names:
        key = getattr(rows, name)
        new[1:] |= key[1:] != key[:-1]
    return rows, np.flatnonzero(new)


def exact_sums(area_um2: Ints, first: Ints) -> list[int]:
    """Return the sum of areas of each group (by its first row) as Python integers, which cannot overflow."""
    if not len(first):
        return []
    high, low = (np.add.reduceat(item, first).tolist() for item in (area_um2 >> 32, area_um2 & LOW_BITS))
    return [(one << 32) + other for one, other in zip(high, low, strict=True)]
