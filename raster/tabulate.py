"""The kernel of class rasters: runs of pixels to counts and areas by group and by what several layers say together.

Short runs, and three layers or more, are followed by stretches of equal codes, layer by layer, and cut where any of the
layers changes. Long runs of one or two layers are counted pixel by pixel into four tables in turn, which does not wait for
the pixel before. Sums are integers: no order of windows, tiles or threads can change a digit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from raster.patches import LOW
from raster.spans import Ints, Ints32

Codes = NDArray[np.uint8]
NODATA = 0
INVALID = 255
"""Class numbers beside those of classes, which are 1 to 254."""
MAX_CLASSES = 254
_FIRST_ROOM = 1024
_LANES = 4
_LONG = 4
"""A run is long where it has this many times the pixels that there are states to look through afterwards."""


class Runs(NamedTuple):
    """Runs of pixels, all of a group together; arrays of shape (n,).

    Attributes:
        row: Row in the planes.
        start: First column in them.
        stop: Column after the last.
        group: Group.
        area_um2: Area of each pixel.
        nominal_um2: Its nominal area, 0 where there is none.
    """

    row: Ints32
    start: Ints32
    stop: Ints32
    group: Ints
    area_um2: Ints
    nominal_um2: Ints


class Sums(NamedTuple):
    """What was counted, one entry for each group and state that has a pixel; arrays of shape (n,).

    Attributes:
        group: Group.
        state: Class numbers of the layers, the first one times the sizes of the others and so on.
        pixels: Pixels.
        high: Area: high * 2**32 + low square micrometres.
        low: See `high`.
        nominal_high: The same of the nominal area.
        nominal_low: See `nominal_high`.
    """

    group: Ints
    state: Ints
    pixels: Ints
    high: Ints
    low: Ints
    nominal_high: Ints
    nominal_low: Ints

    @classmethod
    def join(cls, parts: list[Sums]) -> Sums:
        """Add up entries of the same group and state; carries keep the lower halves below 2**32."""
        columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
        order = np.lexsort((columns[1], columns[0]))
        columns = [column[order] for column in columns]
        fresh = np.append(True, (np.diff(columns[0]) != 0) | (np.diff(columns[1]) != 0))[: len(order)]
        first = np.flatnonzero(fresh)
        if not len(first):
            return cls(*columns)
        pixels, high, low, nominal_high, nominal_low = (np.add.reduceat(column, first) for column in columns[2:])
        return cls(
            columns[0][first],
            columns[1][first],
            pixels,
            high + (low >> 32),
            low & LOW,
            nominal_high + (nominal_low >> 32),
            nominal_low & LOW,
        )


@njit(cache=True, nogil=True)
def number_classes(codes: NDArray[Any], numbers: Codes, offset: int) -> Codes:
    """Return the class number of each code, where codes are no bytes; `numbers[code + offset]` is that of a code."""
    found = np.empty(codes.shape, dtype=np.uint8)
    for row in range(codes.shape[0]):
        for column in range(codes.shape[1]):
            found[row, column] = numbers[codes[row, column] + offset]
    return found


def tabulate(runs: Runs, planes: Codes, numbers: Codes, sizes: Ints) -> tuple[Sums, int, int, int]:
    """Count the pixels of runs by what all layers say.

    Args:
        runs: The runs, ordered by group.
        planes: Codes of each layer, bytes, shape (layers, rows, columns).
        numbers: Class number of each code of each layer, shape (layers, 256).
        sizes: How many class numbers each layer has, nodata with them, shape (layers,).

    Returns:
        The sums, ordered by group and state, and layer, row and column of the first code without a class; the layer is
        -1 where every code has one.
    """
    layers, states = len(planes), int(np.prod(sizes))
    # What each code adds to the state; codes without a class lead beyond the states.
    places = np.where(numbers == INVALID, states, numbers * _times(sizes)[:, np.newaxis]).astype(np.int32)
    lanes = np.zeros((_LANES, (layers + 1) * states if layers <= 2 else 0), dtype=np.int32)
    scratch, counts = np.zeros((5, states), dtype=np.int64), np.zeros(states, dtype=np.int64)
    out, used, fault, row, column = _tabulate(runs, planes, numbers, sizes, places, lanes, scratch, counts)
    return Sums(*out[:, : 0 if fault >= 0 else used]), fault, row, column


def _times(sizes: Ints) -> Ints:
    """Return by how much the class number of each layer counts in the state: the last one by 1."""
    return np.append(np.cumprod(sizes[:0:-1])[::-1], 1).astype(np.int64)


@njit(cache=True, nogil=True)
def _tabulate(
    runs: Runs,
    planes: Codes,
    numbers: Codes,
    sizes: Ints,
    places: Ints32,
    lanes: Ints32,
    scratch: Ints,
    counts: Ints,
) -> tuple[Ints, int, int, int, int]:
    layers, states = len(planes), len(counts)
    ends, found = np.empty(layers, dtype=np.int64), np.empty(layers, dtype=np.int64)
    out, used = np.empty((7, _FIRST_ROOM), dtype=np.int64), 0
    for run in range(len(runs.row)):
        row, start, stop = runs.row[run], runs.start[run], runs.stop[run]
        area, named = runs.area_um2[run], runs.nominal_um2[run]
        long = layers <= 2 and stop - start >= _LONG * states
        if long and _count_long(planes, row, start, stop, places, lanes, counts):
            for state in range(states):
                if counts[state]:
                    _add(scratch, state, counts[state], area, named)
        else:
            fault, column = _count_stretches(
                planes, row, start, stop, numbers, sizes, ends, found, scratch, area, named
            )
            if fault >= 0:
                return out, used, fault, row, column
        if run + 1 == len(runs.row) or runs.group[run + 1] != runs.group[run]:
            out, used = _flush(scratch, runs.group[run], out, used)
    return out, used, -1, 0, 0


@njit(cache=True, nogil=True)
def _count_stretches(
    planes: Codes,
    row: int,
    column: int,
    stop: int,
    numbers: Codes,
    sizes: Ints,
    ends: Ints,
    found: Ints,
    scratch: Ints,
    area: int,
    named: int,
) -> tuple[int, int]:
    """Add a run by stretches in which no layer changes; return layer and column of a code without a class, or -1."""
    for layer in range(len(planes)):
        ends[layer] = column
    while column < stop:
        state, limit = 0, stop
        for layer in range(len(planes)):
            if ends[layer] == column:
                line = planes[layer, row]
                code, end = line[column], column + 1
                while end < stop and line[end] == code:
                    end += 1
                ends[layer], found[layer] = end, numbers[layer, code]
                if found[layer] == INVALID:
                    return layer, column
            limit = min(limit, ends[layer])
            state = state * sizes[layer] + found[layer]
        _add(scratch, state, limit - column, area, named)
        column = limit
    return -1, 0


@njit(cache=True, nogil=True)
def _count_long(planes: Codes, row: int, start: int, stop: int, places: Ints32, lanes: Ints32, counts: Ints) -> bool:
    """Count a run of one or two layers into `counts`; False where a code has no class."""
    if len(planes) == 1:
        _count_one(planes[0, row, start:stop], places, lanes)
    else:
        _count_two(planes[0, row, start:stop], planes[len(planes) - 1, row, start:stop], places, lanes)
    return _gather(lanes, counts) == stop - start


@njit(cache=True, nogil=True)
def _add(scratch: Ints, state: int, count: int, area: int, named: int) -> None:
    scratch[0, state] += count
    scratch[1, state] += count * (area >> 32)
    scratch[2, state] += count * (area & LOW)
    if named:
        scratch[3, state] += count * (named >> 32)
        scratch[4, state] += count * (named & LOW)


@njit(cache=True, nogil=True)
def _count_one(line: Codes, places: Ints32, lanes: Ints32) -> None:
    place = places[0]
    whole = len(line) - len(line) % _LANES
    for pixel in range(0, whole, _LANES):
        lanes[0, place[line[pixel]]] += 1
        lanes[1, place[line[pixel + 1]]] += 1
        lanes[2, place[line[pixel + 2]]] += 1
        lanes[3, place[line[pixel + 3]]] += 1
    for pixel in range(whole, len(line)):
        lanes[0, place[line[pixel]]] += 1


@njit(cache=True, nogil=True)
def _count_two(line: Codes, other: Codes, places: Ints32, lanes: Ints32) -> None:
    place, beside = places[0], places[len(places) - 1]
    whole = len(line) - len(line) % _LANES
    for pixel in range(0, whole, _LANES):
        lanes[0, place[line[pixel]] + beside[other[pixel]]] += 1
        lanes[1, place[line[pixel + 1]] + beside[other[pixel + 1]]] += 1
        lanes[2, place[line[pixel + 2]] + beside[other[pixel + 2]]] += 1
        lanes[3, place[line[pixel + 3]] + beside[other[pixel + 3]]] += 1
    for pixel in range(whole, len(line)):
        lanes[0, place[line[pixel]] + beside[other[pixel]]] += 1


@njit(cache=True, nogil=True)
def _gather(lanes: Ints32, counts: Ints) -> int:
    """Move the four tables into one, without what lies beyond the states, and return how many pixels it has."""
    total = 0
    for state in range(len(counts)):
        counts[state] = lanes[0, state] + lanes[1, state] + lanes[2, state] + lanes[3, state]
        total += counts[state]
    for lane in range(lanes.shape[0]):
        for state in range(lanes.shape[1]):
            lanes[lane, state] = 0
    return total


@njit(cache=True, nogil=True)
def _flush(scratch: Ints, group: int, out: Ints, used: int) -> tuple[Ints, int]:
    """Move the sums of a group to the entries and leave zeros."""
    for state in range(scratch.shape[1]):
        if scratch[0, state] == 0:
            continue
        if used == out.shape[1]:
            wider = np.empty((out.shape[0], 2 * used), dtype=np.int64)
            for line in range(out.shape[0]):
                for entry in range(used):
                    wider[line, entry] = out[line, entry]
            out = wider
        out[0, used], out[1, used], out[2, used] = group, state, scratch[0, state]
        out[3, used], out[4, used] = scratch[1, state] + (scratch[2, state] >> 32), scratch[2, state] & LOW
        out[5, used], out[6, used] = scratch[3, state] + (scratch[4, state] >> 32), scratch[4, state] & LOW
        for line in range(scratch.shape[0]):
            scratch[line, state] = 0
        used += 1
    return out, used
