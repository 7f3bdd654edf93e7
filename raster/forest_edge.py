"""Core and edge of forest by the year until which they last: sums of a zone in one reading of its pixels."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from raster.distance import UM_PER_M, PixelSides
from raster.forest_years import KEPT, OPEN, UNSEEN, Years
from raster.grid import Window
from raster.patches import LOW
from raster.spans import Ints, Ints32
from raster.zoning import ZoneSpans


class EdgeSums(NamedTuple):
    """Whole numbers in two halves (high * 2**32 + low); rows: forest, core (um2), edge (um); columns: years."""

    high: Ints
    low: Ints

    def integer(self, field: int, year: int) -> int:
        """Return a number as a Python integer."""
        return (int(self.high[field, year]) << 32) + int(self.low[field, year])


def core_until(years: Years, sides: PixelSides, depth_m: float, margin: int) -> Years:
    """Return the code of the year in which each pixel stops being core: the least code within the depth around it.

    Pixels not observed are no open land. How many pixels the depth reaches is reckoned by each row's own sides, so that
    the result does not depend on the window.

    Args:
        years: Codes of `raster.forest_years`, shape (rows + 2 * margin, columns + 2 * margin).
        sides: Sides of the pixels of all these rows.
        depth_m: Depth of the edge, from centre to centre.
        margin: Pixels around those that are asked for; at least as many as the depth reaches.

    Returns:
        Codes, OPEN where it never was core; shape (rows, columns).
    """
    values = np.where(years == UNSEEN, KEPT, years)
    height, width = values.shape[0] - 2 * margin, values.shape[1] - 2 * margin
    result = np.full((height, width), KEPT, dtype=np.uint8)
    half = _half_widths(sides, depth_m, margin)
    cuts = [0, *(np.flatnonzero((half[1:] != half[:-1]).any(axis=1)) + 1).tolist(), height]
    for low, high in pairwise(cuts):
        target = result[low:high]
        for step, reach in enumerate(half[low].tolist()):
            if reach < 0:
                break
            above = values[margin + low - step : margin + high - step]
            below = values[margin + low + step : margin + high + step]
            line = np.minimum(above, below)[:, margin - reach : margin + width + reach]
            np.minimum(target, _sliding_least(line, 2 * reach + 1), out=target)
    return result


def _half_widths(sides: PixelSides, depth_m: float, margin: int) -> Ints:
    """Return for each row and step up or down how many pixels to each side lie within the depth, -1 for none."""
    inner = slice(margin, len(sides.height) - margin)
    down = sides.height[inner].astype(np.float64)[:, None] * np.arange(margin + 1)
    across = (sides.top[:-1] + sides.top[1:])[inner].astype(np.float64)[:, None] / 2.0
    rest = (depth_m * UM_PER_M) ** 2 - down**2
    return np.where(rest < 0, -1, np.floor(np.sqrt(np.maximum(rest, 0)) / across)).astype(np.int64)


def _sliding_least(line: Years, length: int) -> Years:
    """Return the least of each `length` neighbours in a row, by windows of doubling length."""
    done = 1
    while done < length:
        step = min(done, length - done)
        line = np.minimum(line[:, :-step], line[:, step:])
        done += step
    return line


def edge_sums(
    years: Years, core: Years, spans: ZoneSpans, window: Window, sides: PixelSides, areas: Ints, codes: range
) -> EdgeSums:
    """Sum forest, core and edge of a zone at the end of each year.

    Args:
        years: Codes over the window and one pixel around it.
        core: What `core_until` gave, over the window.
        spans: Runs of the zone within the window.
        window: The window.
        sides: Sides of the pixels of the window's rows.
        areas: Area of a pixel of each row of the window, square micrometres.
        codes: Years after the base year.
    """
    size = (3, 256)
    high, low = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    row = (spans.row - window.row).astype(np.int64)
    half = spans.area_um2 * 2 >= areas[row]
    _count(
        years, core, row, spans.start - window.col, spans.stop - window.col, spans.area_um2, half, sides.top, sides.height,
        high, low,
    )  # fmt: skip
    # A pixel counts at the ends of the years before its code: sums from the last code backwards.
    at = np.array([code + 1 for code in codes])
    backwards = [np.cumsum(part[:, ::-1], axis=1)[:, ::-1] for part in (high, low)]
    return EdgeSums(*(np.ascontiguousarray(part[:, at]) for part in _carried(*backwards)))


def _carried(high: Ints, low: Ints) -> tuple[Ints, Ints]:
    return high + (low >> 32), low & LOW


@njit(cache=True, nogil=True)
def _count(
    years: Years,
    core: Years,
    row: Ints,
    start: Ints32,
    stop: Ints32,
    area: Ints,
    half: NDArray[np.bool_],
    top: Ints,
    height: Ints,
    high: Ints,
    low: Ints,
) -> None:
    """Add, at the code until which it holds, what each pixel counts; `years` has one pixel more on each side."""
    for span in range(len(row)):
        line, area_high, area_low = row[span], area[span] >> 32, area[span] & LOW
        for column in range(start[span], stop[span]):
            code = years[line + 1, column + 1]
            if code in (OPEN, UNSEEN):
                continue
            high[0, code] += area_high
            low[0, code] += area_low
            until = min(core[line, column], code)
            high[1, until] += area_high
            low[1, until] += area_low
            if half[span]:
                _side(years[line, column + 1], code, top[line], low)
                _side(years[line + 2, column + 1], code, top[line + 1], low)
                _side(years[line + 1, column], code, height[line], low)
                _side(years[line + 1, column + 2], code, height[line], low)


@njit(cache=True, nogil=True)
def _side(other: int, code: int, length: int, low: Ints) -> None:
    """A side is an edge from the end of the year of the loss beyond it until the pixel's own loss."""
    if other < code:
        low[2, code] += length
        low[2, other] -= length
