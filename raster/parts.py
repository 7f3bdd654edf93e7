"""How a pass over pixels is divided into parts that run by themselves, in threads or on other machines, in any order.

A measurement lays its region out once (`lay_out`), makes a part of each band, has the parts done (`Work`) and adds up what
comes back. Parts are plain data (paths, arrays, rules), so that they can be pickled to another process. A band knows only
the sides of polygons that reach into it and lays its runs itself, so that memory does not grow with the region.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Protocol, TypeVar

import numpy as np

from mrv.progress import SILENT, Progress
from raster.cells import Cells, add_runs, band_windows, exact, zone_windows
from raster.covering import check_tiles
from raster.grid import Lattice, Window
from raster.mosaic import Mosaic
from raster.rules import Region
from raster.spans import Ints
from raster.zoning import CountedBy, Outline, ZoneSpans, check_stratified, check_taken

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

    @property
    def workers(self) -> int:
        """How many threads of this process may be used for what is not given to the runner."""
        ...

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


@dataclass(frozen=True)
class Work:
    """How a pass is done; nothing of it changes the result.

    Attributes:
        runner: Where the parts are done.
        rows_per_band: Rows read at once; memory is bounded by the bands in work, not by the region.
        progress: Who is told about finished parts.
    """

    runner: Runner = field(default_factory=Threads)
    rows_per_band: int = ROWS_PER_BAND
    progress: Progress = SILENT

    def do(self, title: str, parts: Sequence[Part[Result]]) -> Iterator[Result]:
        """Do the parts and yield what each gives, in their order."""
        with self.progress.task(title, len(parts)) as advance:
            for result in self.runner.run(parts):
                yield result
                advance(1)


PLAIN = Work()
"""In this thread and in silence."""


@dataclass(frozen=True)
class Band:
    """Rows of one tile (or the rows of one zone) and the zones that reach into them.

    Attributes:
        tile: Number of the tile.
        window: Its rows and columns.
        outline: Zones and strata.
        picked: Which of the outline's sides reach into the band: of zones by centres, by parts, and of strata; None
            where the outline has no others.
        default_place: Place of the stratum of pixels outside every one: 0, or 1 + the index of the polygon that has
            the same id.
    """

    tile: int
    window: Window
    outline: Outline
    picked: tuple[Ints, Ints, Ints] | None
    default_place: int

    def __reduce__(self) -> tuple[type[Band], tuple[Any, ...]]:
        """Pickle without the sides of other bands."""
        return Band, (self.tile, self.window, self._own(), None, self.default_place)

    def _own(self) -> Outline:
        if self.picked is None:
            return self.outline
        outline = self.outline
        centred, parted, strata = self.picked
        top = self.window.row - outline.first_row
        return replace(
            outline,
            first_row=max(self.window.row, outline.first_row),
            row_areas=outline.row_areas[max(top, 0) : max(top + self.window.height, 0)],
            centred=outline.centred.pick(centred),
            parted=outline.parted.pick(parted),
            strata=outline.strata.pick(strata),
        )

    def spans(self) -> ZoneSpans:
        """Return the runs of pixels of the zones in the band, ordered by row."""
        return self._own().lay_over(self.window)

    def groups(self, spans: ZoneSpans) -> tuple[Ints, Ints]:
        """Return the numbers of the (zone, stratum) pairs of runs, ascending, and the place of each run's pair in them.

        `Layout.places` finds the numbers among those of the whole measurement.
        """
        place = np.where(spans.stratum < 0, self.default_place, spans.stratum + 1)
        return distinct(spans.zone.astype(np.int64) * (len(self.outline.stratum_ids) + 1) + place)


@dataclass(frozen=True)
class _Survey:
    """Lays a band and adds up what its pairs take."""

    band: Band

    @property
    def tile(self) -> int:
        """See Part."""
        return self.band.tile

    def run(self) -> tuple[Ints, Ints] | None:
        """Return numbers and sums (see `add_runs`) of the pairs; None where the band is empty."""
        spans = self.band.spans()
        if not len(spans):
            return None
        numbers, place = self.band.groups(spans)
        sums = np.zeros((5, len(numbers)), dtype=np.int64)
        add_runs(place, spans.start, spans.stop, spans.area_um2, spans.nominal_um2, sums)
        return numbers, sums


@dataclass(frozen=True)
class Layout:
    """Zones and strata laid over a lattice.

    Attributes:
        pairs: Zone id and stratum id of each pair that takes a pixel, in their order.
        numbers: Number of each pair that takes a pixel (see `Band.groups`), ascending, shape (pairs,).
        place: Place in `pairs` of each number, shape (pairs,).
        bands: The bands, by tile and row: north before south, west before east; none is empty.
        zones: What each zone takes, in the order of zones.
    """

    pairs: list[tuple[str, str]]
    numbers: Ints
    place: Ints
    bands: list[Band]
    zones: list[ZonePixels]

    def places(self, numbers: Ints) -> Ints:
        """Return the place in `pairs` of each number that `Band.groups` gave."""
        return self.place[np.searchsorted(self.numbers, numbers)]


@dataclass(frozen=True)
class ZonePixels:
    """What a zone takes of a grid before any class is looked at: the sum of its runs.

    Attributes:
        zone_id: The zone.
        pixel_rule: By which rule it takes pixels.
        pixel_count: Pixels that it takes, in part or whole.
        area_um2: Their area, each by the part that counts, square micrometres.
        nominal_area_um2: The same by the grid's own units; None on grids in degrees.
    """

    zone_id: str
    pixel_rule: CountedBy
    pixel_count: int
    area_um2: int
    nominal_area_um2: int | None

    def row(self, *, product: str, version: str) -> dict[str, Any]:
        """Return the row of the landed table `zone_pixels`."""
        return {"product": product, "product_version": version, **vars(self)}


def lay_out(
    region: Region, *, lattice: Lattice, mosaics: Sequence[Mosaic], work: Work = PLAIN, whole_zones: bool = False
) -> Layout:
    """Lay a region over the tiles of some layers.

    Every band is laid once here, without reading a pixel: what does not hold is refused before the work begins, and the
    zones' own areas do not come from the counts that they are compared with.

    Args:
        region: Zones and strata.
        lattice: The grid.
        mosaics: Layers that must hold every pixel of every zone; bands are cut at the borders of their tiles.
        work: How it is done.
        whole_zones: Make one band of each zone instead, whatever tiles it touches.

    Raises:
        ProjectError: The region does not hold.
        InputError: Tiles lack.
    """
    zones, strata, default_stratum = region.zones, region.strata, region.default_stratum
    outline, rules = Outline.of(region, lattice)
    check_tiles(outline, mosaics, region)
    ids = [stratum.id for stratum in strata]
    default_place = ids.index(default_stratum) + 1 if default_stratum in ids else 0
    cells = Cells.of(mosaics, outline.rows, work.rows_per_band)
    make = zone_windows if whole_zones else band_windows
    found = [Band(*place, default_place) for place in make(outline, cells)]
    sums = np.zeros((5, len(zones) * (len(strata) + 1)), dtype=np.int64)
    bands = []
    for band, taken in zip(found, Threads(work.runner.workers).run([_Survey(band) for band in found]), strict=True):
        if taken is not None:
            bands.append(band)
            sums[:, taken[0]] += taken[1]
    numbers = np.flatnonzero(sums[0])
    strata_of = [str(default_stratum), *ids]
    names = [(zones[number // len(strata_of)].id, strata_of[number % len(strata_of)]) for number in numbers.tolist()]
    check_taken(sums[0].reshape(len(zones), -1).sum(axis=1), zones)
    if default_stratum is None:
        outside = numbers[numbers % len(strata_of) == 0]
        check_stratified(
            [exact(sums[1:3, number]) for number in outside], [zones[n // len(strata_of)].id for n in outside]
        )
    order = sorted(range(len(names)), key=names.__getitem__)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    by_zone = sums.reshape(5, len(zones), -1)
    pixels = [
        ZonePixels(
            zone.id,
            rules[index],
            int(by_zone[0, index].sum()),
            exact(by_zone[1:3, index]),
            exact(by_zone[3:5, index]) if lattice.projection.projected else None,
        )
        for index, zone in enumerate(zones)
    ]
    return Layout([names[index] for index in order], numbers, place, bands, pixels)


def row_slices(spans: ZoneSpans, mosaics: Sequence[Mosaic], rows_per_band: int = ROWS_PER_BAND) -> Iterator[ZoneSpans]:
    """Yield the runs (ordered by row) of a few rows at a time, so that no block of a tile is read for two slices."""
    window = spans.window
    cells = Cells.of(mosaics, (window.row, window.row_stop), rows_per_band)
    places = np.searchsorted(spans.row, cells.rows).tolist()
    yield from (spans.pick(slice(low, high)) for low, high in pairwise(places) if low < high)


def distinct(numbers: Ints) -> tuple[Ints, Ints]:
    """Return the different numbers (not negative, not large) in order and the place of each in them, without sorting."""
    present = np.zeros(int(numbers.max()) + 1, dtype=np.bool_)
    present[numbers] = True
    return np.flatnonzero(present), (np.cumsum(present) - 1)[numbers]
