"""Zones and strata over the lattice: the runs of pixels of each zone and stratum, with the area each pixel counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mrv.errors import ProjectError
from mrv.units import um2_to_ha
from raster.area import EarthModel, node_columns, nominal_area_um2, piece_areas_um2, row_areas_um2
from raster.coverage import fill_fractions
from raster.grid import Floats, Lattice, Window
from raster.rules import Region, Shape, check_shapes
from raster.spans import EVERY_ROW, Edges, Ints, Ints32, Rows, Spans, fill_centres, row_order
from raster.strata import cut_by_strata, strata_spans, with_border

Picked = NDArray[np.int64] | NDArray[np.bool_] | slice
CountedBy = Literal["centre", "fraction"]
SMALL_ZONE_PIXELS = 10_000
"""By size, zones below it take pixels by the part they cover and larger ones by centres. Of a zone of so many pixels a
thousand or two lie on the border, each off by up to half; these errors have both signs, so that the zone's area is off by
the root of their number: some 0.1 %, well within the 0.5 % that zones are checked for. A plot would be off by tens of per
cent, and may hold no centre at all."""
CENTRES_MISS = 0.002
"""By size, larger zones take pixels by parts too where the number of their centres misses their area in pixels by more than
this, twice the usual error of a zone of SMALL_ZONE_PIXELS and two fifths of what zones are checked for. Along a straight
border that runs with the grid, errors all have one sign: a field of 100.2 pixels a side can hold 101 x 101 centres, 1.6 %
too many."""


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


@dataclass(frozen=True)
class Outline:
    """Zones and strata in columns and rows of a lattice, ready to be laid over any of its rows.

    Attributes:
        centred: Sides of the zones that take pixels by their centre.
        parted: Sides of the zones that take pixels by the part they cover.
        strata: Sides of the strata.
        stratum_ids: Their ids, in their order.
        strata_only: Whether there is no stratum by default, so that pixels on the outer border of the strata belong to
            the stratum that covers most of them.
        lattice: The grid.
        earth: The ellipsoid.
        first_row: First row of `row_areas`.
        row_areas: Area of a pixel of each row in longitude and latitude; empty on other lattices.
    """

    centred: Edges
    parted: Edges
    strata: Edges
    stratum_ids: tuple[str, ...]
    strata_only: bool
    lattice: Lattice
    earth: EarthModel
    first_row: int
    row_areas: Ints

    @classmethod
    def of(cls, region: Region, lattice: Lattice) -> tuple[Outline, list[CountedBy]]:
        """Check shapes and take them to the lattice; the rule of each zone comes beside the outline.

        Raises:
            ProjectError: A shape is invalid, or there is no zone.
        """
        zones, strata, earth = region.zones, region.strata, region.earth
        check_shapes(tuple(zones))
        check_shapes(tuple(strata))
        if not zones:
            raise ProjectError("there is no zone to measure", remedy="draw at least the project area")
        sides = Edges.of([zone.geometry for zone in zones], lattice)
        by_part = np.full(len(zones), region.pixel_rule == "fraction")
        if region.pixel_rule == "by_size":
            pixels = sides.pixels(len(zones))
            missed = np.abs(sides.centres(len(zones)) - pixels)
            by_part = (pixels < SMALL_ZONE_PIXELS) | (missed > CENTRES_MISS * pixels)
        parted = by_part[sides.shape]
        top, bottom = _rows_of(sides)
        outline = cls(
            sides.pick(~parted),
            sides.pick(parted),
            Edges.of([stratum.geometry for stratum in strata], lattice) if strata else Edges.none(),
            tuple(stratum.id for stratum in strata),
            region.default_stratum is None,
            lattice,
            earth,
            top,
            row_areas_um2(lattice, row=top, height=bottom - top, earth=earth)
            if lattice.is_lonlat
            else np.empty(0, dtype=np.int64),
        )
        return outline, ["fraction" if parted else "centre" for parted in by_part]

    @property
    def rows(self) -> Rows:
        """The first row that a zone reaches into, and the row after the last."""
        return _rows_of(self.centred, self.parted)

    def bounds(self, shapes: int) -> tuple[Ints, Ints, Ints, Ints]:
        """Return first row, first column, and the row and column after the last of each zone, shape (shapes,)."""
        low, high = np.full((2, shapes), np.inf), np.full((2, shapes), -np.inf)
        for sides in (self.centred, self.parted):
            for axis, ends in enumerate(((sides.y0, sides.y1), (sides.x0, sides.x1))):
                for end in ends:
                    np.minimum.at(low[axis], sides.shape, end)
                    np.maximum.at(high[axis], sides.shape, end)
        first, after = np.floor(low).astype(np.int64), np.ceil(high).astype(np.int64)
        return first[0], first[1], after[0], after[1]

    def lay(self) -> ZoneSpans:
        """Return the runs of the zones, ordered by zone, row and column.

        Raises:
            ProjectError: Two strata overlap.
        """
        spans, (origin, stratum, start, stop) = self._pieces(EVERY_ROW)
        return self._measured(spans, origin, stratum, start, stop)

    def lay_over(self, window: Window) -> ZoneSpans:
        """Return the runs of the zones in a window, ordered by row, zone and column.

        Raises:
            ProjectError: Two strata overlap there.
        """
        spans, (origin, stratum, start, stop) = self._pieces((window.row, window.row_stop))
        inside = np.maximum(start, window.col) < np.minimum(stop, window.col_stop)
        order = row_order(spans.row[origin], inside, window.row, window.height)
        laid = self._measured(spans, origin[order], stratum[order], start[order], stop[order])
        # Only now, since the area of a piece is taken at its middle: borders of tiles must not move that.
        return replace(laid, start=np.maximum(laid.start, window.col), stop=np.minimum(laid.stop, window.col_stop))

    def _pieces(self, rows: Rows) -> tuple[Spans, tuple[Ints, Ints32, Ints32, Ints32]]:
        """Return the runs of zones, and the pieces of them in one stratum and one area: run, stratum, start and stop."""
        spans = fill_centres(self.centred, rows)
        if len(self.parted):
            spans = _merged(spans, fill_fractions(self.parted, rows))
        strata = strata_spans(self.strata, rows, ids=self.stratum_ids, lattice=self.lattice)
        origin, stratum, start, stop = cut_by_strata(spans, strata)
        if self.strata_only and len(self.strata) and (stratum < 0).any():
            strata = with_border(strata, self.strata, rows, ids=self.stratum_ids)
            origin, stratum, start, stop = cut_by_strata(spans, strata)
        if not self.lattice.is_lonlat:
            piece, start, stop = _cut_at_nodes(start, stop, node_columns(self.lattice))
            origin, stratum = origin[piece], stratum[piece]
        return spans, (origin, stratum, start, stop)

    def _measured(self, spans: Spans, origin: Ints, stratum: Ints32, start: Ints32, stop: Ints32) -> ZoneSpans:
        row, fraction = spans.row[origin], spans.fraction[origin]
        if self.lattice.is_lonlat:
            whole, nominal = self.row_areas[row - self.first_row], np.zeros(len(row), dtype=np.int64)
        else:
            whole = piece_areas_um2(self.lattice, row=row, start=start, stop=stop, earth=self.earth)
            nominal = np.full(len(row), nominal_area_um2(self.lattice) or 0, dtype=np.int64)
        if len(self.parted):
            whole, nominal = _part(whole, fraction), _part(nominal, fraction)
        return ZoneSpans(spans.shape[origin], stratum, row, start, stop, whole, nominal, fraction < 1.0)


def lay_zones(region: Region, lattice: Lattice) -> ZoneSpans:
    """Lay a region over the lattice, all of it at once; `raster.parts.lay_out` does it band by band.

    Raises:
        ProjectError: The region does not hold.
    """
    outline, _ = Outline.of(region, lattice)
    zones, spans = region.zones, outline.lay()
    taken = np.bincount(spans.zone, spans.stop - spans.start, minlength=len(zones))
    check_taken(taken.astype(np.int64), zones)
    if region.default_stratum is None:
        outside = spans.pick(spans.stratum < 0)
        check_stratified(
            [outside.pick(outside.zone == zone).total_um2() for zone in np.unique(outside.zone)],
            [zones[int(zone)].id for zone in np.unique(outside.zone)],
        )
    return spans


def _rows_of(*sides: Edges) -> Rows:
    ends = [end for some in sides if len(some) for end in (some.y0, some.y1)]
    return math.floor(min(end.min() for end in ends)), math.floor(max(end.max() for end in ends)) + 1


def _merged(one: Spans, other: Spans) -> Spans:
    """Return the runs of two sets of zones in the order of zones."""
    names = one.__dataclass_fields__
    both = Spans(*(np.concatenate([getattr(one, name), getattr(other, name)]) for name in names))
    order = np.argsort(both.shape, kind="stable")
    return Spans(*(getattr(both, name)[order] for name in names))


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


def check_taken(pixels: Ints, zones: Sequence[Shape]) -> None:
    """Refuse zones that take no pixel; `pixels` has shape (zones,).

    Raises:
        ProjectError: With the zones.
    """
    if pixels.all():
        return
    raise ProjectError(
        "a zone takes no pixel",
        expected="zones that hold the centre of a pixel or more",
        where=", ".join(f"zone {zones[index].id}" for index in np.flatnonzero(pixels == 0).tolist()),
        remedy="set measurement.pixel_rule to by_size, or leave out zones smaller than a pixel",
    )


def check_stratified(outside_um2: Sequence[int], zone_ids: Sequence[str]) -> None:
    """Refuse zones of which a part lies outside every stratum.

    Raises:
        ProjectError: With the first zone and its area outside.
    """
    if not zone_ids:
        return
    raise ProjectError(
        "a part of a zone lies in no stratum",
        expected="strata over every zone, or a default stratum",
        found=f"{um2_to_ha(outside_um2[0]).quantize(Decimal('0.0001'))} ha outside every stratum",
        where=f"zone {zone_ids[0]}",
        remedy="extend a stratum's boundary, or name a default stratum in the project",
    )
