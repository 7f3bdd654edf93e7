"""Strata over the runs of zones: no pixel in two, runs cut where the stratum changes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit

from mrv.errors import ProjectError
from raster.coverage import SNAP, fill_fractions
from raster.grid import Lattice, Window
from raster.spans import Edges, Ints, Ints32, Rows, Spans, fill_centres

_NAMES = tuple(Spans.__dataclass_fields__)


def strata_spans(edges: Edges, rows: Rows, *, ids: Sequence[str], lattice: Lattice) -> Spans:
    """Return the pixels whose centre lies in each stratum, ordered by row and column.

    Raises:
        ProjectError: Two strata share a pixel.
    """
    spans = fill_centres(edges, rows)
    spans = _pick(spans, np.lexsort((spans.start, spans.row)))
    clash = np.flatnonzero((spans.row[1:] == spans.row[:-1]) & (spans.start[1:] < spans.stop[:-1]))
    if len(clash):
        first = int(clash[0])
        one, other = sorted(ids[int(spans.shape[index])] for index in (first, first + 1))
        place = Window(int(spans.row[first]), int(spans.start[first + 1]), 1, 1)
        raise ProjectError(
            "two strata overlap",
            expected="each pixel in one stratum",
            found=f"{one} and {other} share pixels, the first at {lattice.extent(place)}",
            where=f"strata {one} and {other}",
            remedy="move the common border",
        )
    return spans


def with_border(strata: Spans, edges: Edges, rows: Rows, *, ids: Sequence[str]) -> Spans:
    """Add the pixels on the border of strata whose centre lies in none: each goes to the stratum that covers most of it.

    Parts are compared to the digits that coordinates are known to (`SNAP`); of equal parts the first id's counts.

    Args:
        strata: What `strata_spans` gave.
        edges: Sides of the strata.
        rows: First row, and the row after the last.
        ids: Id of each stratum.

    Returns:
        Runs that do not overlap, ordered by row and column.
    """
    parts = fill_fractions(edges, rows)
    parts = _pick(parts, np.flatnonzero(parts.fraction < 1.0))
    place = np.empty(len(ids), dtype=np.int64)
    place[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
    parts = _pick(parts, np.lexsort((place[parts.shape], -np.rint(parts.fraction / SNAP), parts.start, parts.row)))
    first = np.ones(len(parts.row), dtype=np.bool_)
    first[1:] = (parts.row[1:] != parts.row[:-1]) | (parts.start[1:] != parts.start[:-1])
    parts = _pick(parts, np.flatnonzero(first))
    origin, inside, _, _ = cut_by_strata(parts, strata)
    parts = _pick(parts, origin[inside < 0])
    both = Spans(*(np.concatenate([getattr(strata, name), getattr(parts, name)]) for name in _NAMES))
    return _pick(both, np.lexsort((both.start, both.row)))


def _pick(spans: Spans, places: Ints) -> Spans:
    return Spans(*(getattr(spans, name)[places] for name in _NAMES))


def cut_by_strata(spans: Spans, strata: Spans) -> tuple[Ints, Ints32, Ints32, Ints32]:
    """Cut runs at the borders of strata.

    Args:
        spans: Runs of each zone and row in the order of columns.
        strata: Runs that do not overlap, ordered by row and column.

    Returns:
        The run, the stratum (-1: none), start and stop of each piece.
    """
    if not len(strata.row):
        return (
            np.arange(len(spans.row), dtype=np.int64), np.full(len(spans.row), -1, dtype=np.int32), spans.start, spans.stop
        )  # fmt: skip
    low = int(strata.row[0])
    first = np.searchsorted(strata.row, np.arange(low, int(strata.row[-1]) + 2)).astype(np.int64)
    return _cut(spans.row, spans.start, spans.stop, first, low, strata.start, strata.stop, strata.shape)


@njit(cache=True, nogil=True)
def _cut(
    row: Ints32, start: Ints32, stop: Ints32, first: Ints, low: int, s_start: Ints32, s_stop: Ints32, s_shape: Ints32
) -> tuple[Ints, Ints32, Ints32, Ints32]:
    """Cut runs at the borders of strata; twice over the same loop, to count and to write."""
    origin = np.empty(0, dtype=np.int64)
    stratum = np.empty(0, dtype=np.int32)
    out_start, out_stop = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32)
    for write in (False, True):
        count = 0
        for run in range(len(row)):
            column, line = start[run], row[run] - low
            entry, end = (first[line], first[line + 1]) if 0 <= line < len(first) - 1 else (0, 0)
            while column < stop[run]:
                while entry < end and s_stop[entry] <= column:
                    entry += 1
                inside = entry < end and s_start[entry] <= column
                limit = stop[run]
                if entry < end:
                    limit = min(limit, s_stop[entry] if inside else s_start[entry])
                if write:
                    origin[count], stratum[count] = run, s_shape[entry] if inside else -1
                    out_start[count], out_stop[count] = column, limit
                count += 1
                column = limit
        if not write:
            origin, stratum = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int32)
            out_start, out_stop = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int32)
    return origin, stratum, out_start, out_stop
