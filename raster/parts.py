"""How a pass over pixels is divided into parts that run by themselves, in threads or on other machines, in any order.

A measurement lays its zones out once (`lay_out`), makes a part of each band, gives the parts to a runner and adds up what
comes back. Parts are plain data (paths, arrays, rules), so that they can be pickled to another process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol, TypeVar

import numpy as np

from raster.area import EarthModel
from raster.grid import Lattice, Window
from raster.mosaic import Mosaic
from raster.rules import PixelRule, Shape
from raster.spans import Ints
from raster.zoning import ZoneSpans, check_covered, lay_zones

ROWS_PER_BAND = 512
"""Rows read at once; a multiple of the block heights in use, so that no block is decoded for two bands."""

Result = TypeVar("Result")
Yielded = TypeVar("Yielded", covariant=True)


class Part(Protocol[Yielded]):
    """A piece of work that can be pickled and done anywhere."""

    @property
    def tile(self) -> int:
        """Number of the tile it lies in: parts of one tile go to one machine together."""
        ...

    def run(self) -> Yielded:
        """Do the work."""
        ...


class Runner(Protocol):
    """Where parts are done."""

    def run(self, parts: Sequence[Part[Result]]) -> Iterator[Result]:
        """Do the parts and yield what each gives, in their order; of several refusals the first part's is raised."""
        ...


@dataclass(frozen=True)
class Threads:
    """Does parts in threads of this process: reading and counting both leave Python's lock."""

    workers: int = 1

    def run(self, parts: Sequence[Part[Result]]) -> Iterator[Result]:
        """See Runner."""
        if self.workers <= 1:
            yield from (part.run() for part in parts)
            return
        with ThreadPoolExecutor(max_workers=self.workers) as pool:
            yield from pool.map(lambda part: part.run(), parts)


ONE_THREAD = Threads()
"""The runner of tests and of small work."""


@dataclass(frozen=True)
class Band:
    """Rows of one tile (or the rows of one zone) with the runs of the zones in them.

    Attributes:
        tile: Number of the tile.
        laid: The runs.
        strata: How many strata there are.
    """

    tile: int
    laid: ZoneSpans
    strata: int

    def spans(self) -> ZoneSpans:
        """Return the runs of pixels of the zones in the band, ordered by row."""
        return self.laid

    def groups(self, spans: ZoneSpans) -> tuple[Ints, Ints]:
        """Return the numbers of the (zone, stratum) pairs of runs, ascending, and the place of each run's pair in them.

        `Layout.places` finds the numbers among those of the whole measurement.
        """
        return distinct(spans.zone.astype(np.int64) * (self.strata + 1) + spans.stratum + 1)


@dataclass(frozen=True)
class Layout:
    """Zones and strata laid over a lattice.

    Attributes:
        pairs: Zone id and stratum id of each pair that takes a pixel. The default stratum may also be the id of a
            polygon: then two pairs have the same ids.
        numbers: Number of each pair, ascending, shape (pairs,).
        bands: The bands, by tile and row: north before south, west before east.
    """

    pairs: list[tuple[str, str]]
    numbers: Ints
    bands: list[Band]

    def places(self, numbers: Ints) -> Ints:
        """Return the place in `pairs` of each number that `Band.groups` gave."""
        return np.searchsorted(self.numbers, numbers).astype(np.int64)


def lay_out(
    zones: Sequence[Shape],
    strata: Sequence[Shape],
    *,
    default_stratum: str | None,
    lattice: Lattice,
    pixel_rule: PixelRule,
    earth: EarthModel,
    mosaics: Sequence[Mosaic],
    rows_per_band: int = ROWS_PER_BAND,
    whole_zones: bool = False,
) -> Layout:
    """Lay zones and strata over the tiles of some layers.

    A zone takes pixels by the pixel rule; a stratum always by the pixel's centre. Zones may overlap and each is laid
    whole; strata may not.

    Args:
        zones: What is measured; ids unique.
        strata: Polygons that must not overlap.
        default_stratum: Stratum of pixels outside every polygon; None refuses such pixels.
        lattice: The grid.
        pixel_rule: How a zone takes pixels.
        earth: The ellipsoid.
        mosaics: Layers that must hold every pixel of every zone; bands are cut at the borders of their tiles.
        rows_per_band: Rows of a band.
        whole_zones: Make one band of each zone instead, whatever tiles it touches.

    Raises:
        ProjectError: A shape is invalid, a zone takes no pixel, strata overlap, or a part of a zone has no stratum.
        InputError: Tiles lack.
    """
    spans = lay_zones(
        zones, strata, default_stratum=default_stratum, lattice=lattice, pixel_rule=pixel_rule, earth=earth
    )
    for mosaic in mosaics:
        check_covered(spans, mosaic, zones)
    numbers, _ = Band(0, spans, len(strata)).groups(spans)
    pairs = (divmod(number, len(strata) + 1) for number in numbers.tolist())
    names = [(zones[zone].id, strata[place - 1].id if place else str(default_stratum)) for zone, place in pairs]
    cells = _Cells.of(mosaics, spans.window, rows_per_band)
    slices = cells.zone_slices(spans) if whole_zones else cells.band_slices(spans)
    return Layout(names, numbers, [Band(tile, part, len(strata)) for tile, part in slices])


def row_slices(spans: ZoneSpans, mosaics: Sequence[Mosaic], rows_per_band: int = ROWS_PER_BAND) -> Iterator[ZoneSpans]:
    """Yield the runs (ordered by row) of a few rows at a time, so that no block of a tile is read for two slices."""
    cells = _Cells.of(mosaics, spans.window, rows_per_band)
    places = np.searchsorted(spans.row, cells.rows).tolist()
    yield from (spans.pick(slice(low, high)) for low, high in pairwise(places) if low < high)


def distinct(numbers: Ints) -> tuple[Ints, Ints]:
    """Return the different numbers (not negative, not large) in order and the place of each in them, without sorting."""
    present = np.zeros(int(numbers.max()) + 1, dtype=np.bool_)
    present[numbers] = True
    return np.flatnonzero(present), (np.cumsum(present) - 1)[numbers]


@dataclass(frozen=True)
class _Cells:
    """Borders of tiles over a window: columns, rows, and the rows at which bands begin, all ascending with both ends."""

    columns: Ints
    tile_rows: Ints
    rows: Ints

    @classmethod
    def of(cls, mosaics: Sequence[Mosaic], window: Window, rows_per_band: int) -> _Cells:
        tiles = [tile.window for mosaic in mosaics for tile in mosaic.tiles]
        columns, rows = {window.col, window.col_stop}, {window.row, window.row_stop}
        for tile in tiles:
            columns |= {tile.col, tile.col_stop}
            rows |= {tile.row, tile.row_stop}
        inner_rows = _within(rows, window.row, window.row_stop)
        # Bands begin at the tops of the first layer's tiles, whose blocks are the ones that must not be read twice.
        bands = set(inner_rows)
        for place in mosaics[0].tiles:
            bands |= set(range(place.window.row, place.window.row_stop, rows_per_band))
        return cls(
            np.array(_within(columns, window.col, window.col_stop)),
            np.array(inner_rows),
            np.array(_within(bands, window.row, window.row_stop)),
        )

    def band_slices(self, spans: ZoneSpans) -> Iterator[tuple[int, ZoneSpans]]:
        """Yield (tile, runs ordered by row) of each band of each tile."""
        first = np.searchsorted(self.columns, spans.start, side="right") - 1
        last = np.searchsorted(self.columns, spans.stop - 1, side="right") - 1
        times = last - first + 1
        origin = np.repeat(np.arange(len(spans)), times)
        column = np.arange(len(origin)) - np.repeat(np.cumsum(times) - times, times) + first[origin]
        spans = replace(
            spans.pick(origin),
            start=np.maximum(spans.start[origin], self.columns[column]).astype(np.int32),
            stop=np.minimum(spans.stop[origin], self.columns[column + 1]).astype(np.int32),
        )
        across, bands = len(self.columns) - 1, len(self.rows)
        band = np.searchsorted(self.rows, spans.row, side="right") - 1
        tile = (np.searchsorted(self.tile_rows, spans.row, side="right") - 1) * across + column
        order = np.lexsort((spans.row, band, tile))
        key = (tile * bands + band)[order]
        edges = np.flatnonzero(np.diff(key, prepend=-1, append=-1)).tolist()
        for low, high in pairwise(edges):
            yield int(key[low] // bands), spans.pick(order[low:high])

    def zone_slices(self, spans: ZoneSpans) -> Iterator[tuple[int, ZoneSpans]]:
        """Yield (tile of its first pixel, runs ordered by row) of each zone."""
        ends = np.flatnonzero(np.diff(spans.zone, append=-1)) + 1
        low = 0
        for high in ends.tolist():
            own = spans.pick(slice(low, high))
            own = own.pick(np.argsort(own.row, kind="stable"))
            row = int(np.searchsorted(self.tile_rows, own.row[0], side="right")) - 1
            column = int(np.searchsorted(self.columns, own.start[0], side="right")) - 1
            yield row * (len(self.columns) - 1) + column, own
            low = high


def _within(edges: set[int], low: int, high: int) -> list[int]:
    return sorted(edge for edge in edges if low <= edge <= high)
