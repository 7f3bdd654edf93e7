"""The tables of alert pixels as arrays, which parts of a pass fill and the whole puts together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from raster.alert_codes import Bytes
from raster.patches import LOW as LOW_BITS
from raster.spans import Ints, Ints32


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
        return self.pick(np.lexsort([getattr(self, name) for name in reversed(names)]))

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
    """Alert pixels of zones, ordered by zone, row, column and day; a pixel of two zones stands twice.

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
    if not len(terms):
        return terms
    terms = terms.ordered("zone", "day", "confidence")
    new = np.zeros(len(terms.zone), dtype=np.bool_)
    new[0] = True
    for key in (terms.zone, terms.day, terms.confidence):
        new[1:] |= key[1:] != key[:-1]
    first = np.flatnonzero(new)
    pixels, high, low = (np.add.reduceat(item, first) for item in (terms.pixels, terms.high, terms.low))
    return Sums(
        terms.zone[first], terms.day[first], terms.confidence[first], pixels, high + (low >> 32), low & LOW_BITS
    )
