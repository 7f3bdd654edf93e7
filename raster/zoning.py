"""Zones and strata over the lattice: the runs of pixels of each zone and stratum, with the area each pixel counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mrv.errors import InputError, ProjectError
from mrv.units import um2_to_ha
from raster.area import EarthModel, node_columns, nominal_area_um2, piece_areas_um2, row_areas_um2
from raster.coverage import fraction_spans
from raster.grid import Floats, Lattice, Window
from raster.mosaic import Mosaic
from raster.rules import PixelRule, Shape, check_shapes
from raster.spans import Ints, Ints32, Spans, centre_spans

Picked = NDArray[np.int64] | NDArray[np.bool_] | slice


@dataclass(frozen=True)
class ZoneSpans:
    """Runs of pixels, each of one zone and stratum; all arrays have shape (n,).

    Attributes:
        zone: Index of the zone.
        stratum: Index of the stratum, -1 outside every one.
        row: Row on the lattice.
        start: First column.
        stop: First column after the run.
        area_um2: What each pixel of the run counts, square micrometres on the ellipsoid.
        nominal_um2: The same by width times height of the pixel, on a projected lattice; 0 on others.
        partial: Whether this is less than the whole pixel.
    """

    zone: Ints32
    stratum: Ints32
    row: Ints32
    start: Ints32
    stop: Ints32
    area_um2: Ints
    nominal_um2: Ints
    partial: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.row)

    def pick(self, rows: Picked) -> ZoneSpans:
        """Return some of the runs."""
        return replace(self, **{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})

    @property
    def window(self) -> Window:
        """The smallest window that holds every run."""
        row, col = int(self.row.min()), int(self.start.min())
        return Window(row, col, int(self.row.max()) + 1 - row, int(self.stop.max()) - col)

    def total_um2(self) -> int:
        """Return the area of all runs, as a Python integer that cannot overflow."""
        lengths = (self.stop - self.start).tolist()
        return sum(length * area for length, area in zip(lengths, self.area_um2.tolist(), strict=True))


def lay_zones(
    zones: Sequence[Shape],
    strata: Sequence[Shape],
    *,
    default_stratum: str | None,
    lattice: Lattice,
    pixel_rule: PixelRule,
    earth: EarthModel,
) -> ZoneSpans:
    """Lay zones and strata over the lattice.

    A zone takes pixels by the pixel rule; a stratum always by the pixel's centre. Zones may overlap and each is laid
    whole; strata may not.

    Raises:
        ProjectError: A shape is invalid, a zone takes no pixel, strata overlap, or a part of a zone has no stratum.
    """
    check_shapes(tuple(zones))
    check_shapes(tuple(strata))
    lay = centre_spans if pixel_rule == "centre" else fraction_spans
    spans = lay([zone.geometry for zone in zones], lattice)
    _check_taken(spans, zones)
    origin, stratum, start, stop = _cut_by_strata(spans, _strata_by_row(strata, lattice))
    if not lattice.is_lonlat:
        piece, start, stop = _cut_at_nodes(start, stop, node_columns(lattice))
        origin, stratum = origin[piece], stratum[piece]
    row, fraction = spans.row[origin], spans.fraction[origin]
    if lattice.is_lonlat:
        top = int(row.min())
        whole = row_areas_um2(lattice, row=top, height=int(row.max()) + 1 - top, earth=earth)[row - top]
        nominal = np.zeros(len(row), dtype=np.int64)
    else:
        whole = piece_areas_um2(lattice, row=row, start=start, stop=stop, earth=earth)
        nominal = _part(np.full(len(row), nominal_area_um2(lattice) or 0, dtype=np.int64), fraction)
    result = ZoneSpans(
        spans.shape[origin],
        stratum,
        row,
        start,
        stop,
        _part(whole, fraction),
        nominal,
        fraction < 1.0,
    )
    if default_stratum is None:
        _check_stratified(result, zones)
    return result


def _part(area: Ints, fraction: Floats) -> Ints:
    return np.where(fraction < 1.0, np.rint(fraction * area).astype(np.int64), area)


def _cut_at_nodes(start: Ints32, stop: Ints32, step: int) -> tuple[Ints, Ints32, Ints32]:
    """Cut runs at the multiples of a number of columns; return the run, start and stop of each piece."""
    first = start // step
    times = (stop - 1) // step - first + 1
    run = np.repeat(np.arange(len(start)), times)
    node = (np.arange(len(run)) - np.repeat(np.cumsum(times) - times, times) + first[run]) * step
    return (
        run,
        np.maximum(start[run], node).astype(np.int32),
        np.minimum(stop[run], node + step).astype(np.int32),
    )


def check_covered(spans: ZoneSpans, mosaic: Mosaic, zones: Sequence[Shape]) -> None:
    """Refuse tiles that do not hold every pixel of every zone.

    Raises:
        InputError: With the extent that lacks.
    """
    covered = np.zeros(len(spans), dtype=np.int64)
    for tile in mosaic.tiles:
        window = tile.window
        inside = (spans.row >= window.row) & (spans.row < window.row_stop)
        shared = np.minimum(spans.stop, window.col_stop) - np.maximum(spans.start, window.col)
        covered += np.where(inside, np.maximum(shared, 0), 0)
    lacking = np.flatnonzero(covered < spans.stop - spans.start)
    if not len(lacking):
        return
    zone = int(spans.zone[lacking].min())
    missing: Window | None = None
    for index in lacking[spans.zone[lacking] == zone].tolist():
        for gap in _gaps(int(spans.row[index]), int(spans.start[index]), int(spans.stop[index]), mosaic):
            missing = gap if missing is None else missing.union(gap)
    raise InputError(
        f"the tiles of the layer {mosaic.layer} do not cover a zone",
        expected=f"tiles that hold {mosaic.lattice.extent(missing)}" if missing else None,
        found="; ".join(f"{tile.path.name}: {mosaic.lattice.extent(tile.window)}" for tile in mosaic.tiles),
        where=f"zone {zones[zone].id}",
        remedy="pull the neighbouring tiles of the same product version too",
    )


def _gaps(row: int, start: int, stop: int, mosaic: Mosaic) -> list[Window]:
    gaps, column = [], start
    for window in sorted((tile.window for tile in mosaic.tiles), key=lambda window: window.col):
        if window.row <= row < window.row_stop and column < stop:
            if column < window.col:
                gaps.append(Window(row, column, 1, min(window.col, stop) - column))
            column = max(column, window.col_stop)
    if column < stop:
        gaps.append(Window(row, column, 1, stop - column))
    return gaps


def _check_taken(spans: Spans, zones: Sequence[Shape]) -> None:
    taken = np.zeros(len(zones), dtype=np.bool_)
    taken[spans.shape] = True
    if not len(zones) or not taken.all():
        raise ProjectError(
            "a zone takes no pixel" if len(zones) else "there is no zone to measure",
            expected="zones that hold the centre of a pixel or more",
            where=", ".join(f"zone {zones[index].id}" for index in np.flatnonzero(~taken).tolist()) or None,
            remedy="set measurement.pixel_rule to fraction, or leave out zones smaller than a pixel",
        )


def _strata_by_row(strata: Sequence[Shape], lattice: Lattice) -> Spans:
    spans = centre_spans([stratum.geometry for stratum in strata], lattice)
    order = np.lexsort((spans.start, spans.row))
    spans = Spans(*(getattr(spans, name)[order] for name in spans.__dataclass_fields__))
    clash = np.flatnonzero((spans.row[1:] == spans.row[:-1]) & (spans.start[1:] < spans.stop[:-1]))
    if len(clash):
        first = int(clash[0])
        one, other = sorted(strata[int(spans.shape[index])].id for index in (first, first + 1))
        place = Window(int(spans.row[first]), int(spans.start[first + 1]), 1, 1)
        raise ProjectError(
            "two strata overlap",
            expected="each pixel in one stratum",
            found=f"{one} and {other} share pixels, the first at {lattice.extent(place)}",
            where=f"strata {one} and {other}",
            remedy="move the common border",
        )
    return spans


def _check_stratified(spans: ZoneSpans, zones: Sequence[Shape]) -> None:
    outside = spans.pick(spans.stratum < 0)
    if not len(outside):
        return
    zone = int(outside.zone.min())
    area_ha = um2_to_ha(outside.pick(outside.zone == zone).total_um2()).quantize(Decimal("0.0001"))
    raise ProjectError(
        "a part of a zone lies in no stratum",
        expected="strata over every zone, or a default stratum",
        found=f"{area_ha} ha outside every stratum",
        where=f"zone {zones[zone].id}",
        remedy="extend a stratum's boundary, or name a default stratum in the project",
    )


def _cut_by_strata(spans: Spans, strata: Spans) -> tuple[Ints, Ints32, Ints32, Ints32]:
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
