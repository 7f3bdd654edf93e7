"""Outlines of groups of pixels along their edges, as GeoJSON, without a library of geometry: a group is walked around once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from raster.grid import Lattice
from raster.spans import Ints, Ints32

Corner = tuple[int, int]
"""Column and row of a corner of a pixel."""
Ring = list[Corner]


class Walks(NamedTuple):
    """Closed walks around pixels, the pixels on their left hand.

    Attributes:
        column: Columns of the corners at which walks turn, shape (corners,).
        row: Rows of them.
        start: First corner of each walk, and the total, shape (walks + 1,).
        part: First pixel of the part (pixels joined by sides) that each walk goes around, shape (walks,).
    """

    column: Ints32
    row: Ints32
    start: Ints
    part: Ints


def outlines(row: Ints32, col: Ints32, first: Ints, lattice: Lattice) -> list[str]:
    """Return the outline of each group of pixels as GeoJSON in degrees, to nine decimals.

    Shells run counter-clockwise on the map and holes clockwise; there is a corner only where the outline turns. Pixels that
    meet at a corner only make two polygons.

    Args:
        row: Rows of the pixels, ascending within a group, shape (n,).
        col: Columns, ascending within a row of a group.
        first: First pixel of each group, and the total, shape (groups + 1,).
        lattice: The grid, in longitude and latitude.
    """
    walks = _walk(row, col, *_neighbours(row, col, first))
    x, y = _Degrees(lattice.x), _Degrees(lattice.y)
    found = []
    group_of = np.searchsorted(first, walks.part, side="right") - 1
    edges = np.searchsorted(group_of, np.arange(len(first))).tolist()
    for group in range(len(first) - 1):
        polygons = [
            "[" + ",".join(_text(ring, x, y) for ring in rings) + "]"
            for rings in _polygons(walks, range(edges[group], edges[group + 1]))
        ]
        kind, inner = ("Polygon", polygons[0]) if len(polygons) == 1 else ("MultiPolygon", f"[{','.join(polygons)}]")
        found.append(f'{{"type":"{kind}","coordinates":{inner}}}')
    return found


class _Degrees:
    """The text of the edges of rows or columns, made once each."""

    def __init__(self, edge: object) -> None:
        self.edge = edge
        self.known: dict[int, str] = {}

    def __call__(self, place: int) -> str:
        text = self.known.get(place)
        if text is None:
            value: Decimal = self.edge(place)  # type: ignore[operator]
            text = self.known[place] = f"{value:.9f}".rstrip("0").rstrip(".")
        return text


def _text(ring: Ring, x: _Degrees, y: _Degrees) -> str:
    return "[" + ",".join(f"[{x(column)},{y(row)}]" for column, row in [*ring, ring[0]]) + "]"


def _polygons(walks: Walks, numbers: Sequence[int]) -> Iterator[list[Ring]]:
    """Yield shell and holes of each part of a group."""
    shells: dict[int, Ring] = {}
    holes: dict[int, list[Ring]] = {}
    for number in numbers:
        low, high = int(walks.start[number]), int(walks.start[number + 1])
        corners = list(zip(walks.column[low:high].tolist(), walks.row[low:high].tolist(), strict=True))
        part = int(walks.part[number])
        for ring in _simple(corners):
            if _is_shell(ring):
                shells[part] = ring
            else:
                holes.setdefault(part, []).append(ring)
    for part, shell in shells.items():
        yield [shell, *holes.get(part, [])]


def _simple(corners: Ring) -> Iterator[Ring]:
    """Cut a walk that touches itself at corners into rings that do not."""
    if len(set(corners)) == len(corners):
        yield corners
        return
    path: Ring = []
    place: dict[Corner, int] = {}
    for corner in corners:
        if corner in place:
            loop = path[place[corner] :]
            for passed in loop[1:]:
                del place[passed]
            del path[place[corner] + 1 :]
            yield loop
        else:
            place[corner] = len(path)
            path.append(corner)
    yield path


def _is_shell(ring: Ring) -> bool:
    """Tell whether a ring runs counter-clockwise on the map, where rows count downwards."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True)) < 0


@njit(cache=True, nogil=True)
def _find(row: Ints32, col: Ints32, low: int, high: int, wanted_row: int, wanted_col: int) -> int:
    """Return the place of a pixel between two places, or -1."""
    stop = high
    while low < high:
        middle = (low + high) // 2
        if row[middle] < wanted_row or (row[middle] == wanted_row and col[middle] < wanted_col):
            low = middle + 1
        else:
            high = middle
    return low if low < stop and row[low] == wanted_row and col[low] == wanted_col else -1


@njit(cache=True, nogil=True)
def _neighbours(row: Ints32, col: Ints32, first: Ints) -> tuple[Ints, Ints]:
    """Return the neighbours below, right, above and left of each pixel in its group (-1: none), and its part."""
    count = len(row)
    beside, part = np.full((4, count), -1), np.arange(count)
    for group in range(len(first) - 1):
        low, high = first[group], first[group + 1]
        for pixel in range(low, high):
            if pixel > low and row[pixel - 1] == row[pixel] and col[pixel - 1] == col[pixel] - 1:
                beside[3, pixel], beside[1, pixel - 1] = pixel - 1, pixel
            above = _find(row, col, low, pixel, row[pixel] - 1, col[pixel])
            if above >= 0:
                beside[2, pixel], beside[0, above] = above, pixel
            for side in (2, 3):
                if beside[side, pixel] >= 0:
                    one, other = pixel, beside[side, pixel]
                    while part[one] != one:
                        one = part[one]
                    while part[other] != other:
                        part[other] = part[part[other]]
                        other = part[other]
                    part[max(one, other)] = min(one, other)
        for pixel in range(low, high):
            part[pixel] = part[part[pixel]]
    return beside, part


@njit(cache=True, nogil=True)
def _walk(row: Ints32, col: Ints32, beside: Ints, part: Ints) -> Walks:
    """Walk around each part and its holes: along the bottom of a pixel eastwards, its right side northwards, and so on."""
    limit = (beside < 0).sum()
    column_of, row_of = np.empty(limit, dtype=np.int32), np.empty(limit, dtype=np.int32)
    start, part_of = np.zeros(limit + 1, dtype=np.int64), np.empty(limit, dtype=np.int64)
    seen: NDArray[np.bool_] = np.zeros(beside.shape, dtype=np.bool_)
    corners, walks = 0, 0
    for first in range(len(row)):
        for first_side in range(4):
            if beside[first_side, first] >= 0 or seen[first_side, first]:
                continue
            pixel, side = first, first_side
            while not seen[side, pixel]:
                seen[side, pixel] = True
                ahead = beside[(side + 1) % 4, pixel]
                right = beside[side, ahead] if ahead >= 0 else -1
                if ahead < 0 or right >= 0:
                    column_of[corners] = col[pixel] + (1 if side <= 1 else 0)
                    row_of[corners] = row[pixel] + (1 if side in (0, 3) else 0)
                    corners += 1
                if ahead < 0:
                    side = (side + 1) % 4
                elif right >= 0:
                    pixel, side = right, (side + 3) % 4
                else:
                    pixel = ahead
            part_of[walks] = part[first]
            walks += 1
            start[walks] = corners
    return Walks(column_of[:corners].copy(), row_of[:corners].copy(), start[: walks + 1].copy(), part_of[:walks].copy())
