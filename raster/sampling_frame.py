"""The sampling frame: the pixels of a map of change in the sampled zones by stratum, and where its units lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product as pairs_of
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mrv.errors import InputError, ProjectError
from raster.bands import Layers
from raster.grid import Floats, Lattice
from raster.grouping import Groups
from raster.mosaic import Mosaic
from raster.parts import PLAIN, Band, Work, lay_out
from raster.rules import ForestRule, LossLayers, ProductRule, Region
from raster.sampling_locating import Located, LocatePart, Wanted
from raster.sampling_map import ChangeMap, ClassMap, LossMap, MapClass
from raster.sampling_parts import Runs, SurveyPart
from raster.sampling_seams import found_across
from raster.sampling_states import CLASSES, LOSS, LOSS_BUFFER, UNSEEN
from raster.sampling_strata import CLASSES_OF_STRATA, FrameRule, FrameStratum, FrameUnits, map_class_of
from raster.sampling_zones import check_apart
from raster.spans import Ints, Ints32

__all__ = [
    "Frame",
    "FrameRule",
    "FrameStratum",
    "FrameUnits",
    "survey_class_frame",
    "survey_loss_frame",
]
SEEN = tuple(range(LOSS, CLASSES))


@dataclass(frozen=True)
class Near:
    """Columns of the buffer of loss in the runs of the frame.

    Attributes:
        columns: Those of each band, run by run; None where there are too many to be remembered.
        part: The band of each run, shape (runs,).
        first: Where those of each run begin among its band's, shape (runs,).
        count: How many each run has, shape (runs,).
    """

    columns: list[Ints32 | None]
    part: Ints
    first: Ints
    count: Ints

    def of(self, run: int, start: int, stop: int) -> Ints32 | None:
        """Return those of a run from a column to before another one; None where they are not known."""
        band = self.columns[self.part[run]]
        if band is None:
            return None
        own: Ints32 = band[self.first[run] : self.first[run] + self.count[run]]
        low, high = np.searchsorted(own, (start, stop))
        return own[low:high]


@dataclass(frozen=True)
class Frame:
    """The pixels from which units are drawn. Nothing of it depends on tiles, bands or threads.

    The pixels of a stratum, and of the frame, are ranked from north to south and in a row from west to east, from 0.

    Attributes:
        strata: Those that have pixels, by zone, carbon stratum and class.
        pixel_count: Pixels that the map observes.
        area_um2: Their area, square micrometres.
        unobserved_um2: Area of the sampled zones that the map does not observe, which is not in the frame.
        runs: Runs of pixels by row and column, with places in `pairs`.
        near: Where the buffer of loss lies in the runs.
        pairs: Zone and carbon stratum of each pair.
        bands: The bands.
        map: The map.
        rule: How the frame is divided.
        work: How pixels are read.
    """

    strata: tuple[FrameStratum, ...]
    pixel_count: int
    area_um2: int
    unobserved_um2: int
    runs: Runs
    near: Near
    pairs: list[tuple[str, str]]
    bands: list[Band]
    map: ChangeMap
    rule: FrameRule
    work: Work

    def units(self, ranks: Mapping[str, Ints]) -> FrameUnits:
        """Return the units with some ranks in their strata, stratum by stratum in the order given.

        Args:
            ranks: Ranks by stratum id, from 0, shape (n,) each.

        Raises:
            ProjectError: There is no such stratum, or it has fewer pixels.
            InputError: A tile is not as it was when the frame was surveyed.
        """
        runs, states, places = [], [], []
        by_id = {stratum.stratum_id: stratum for stratum in self.strata}
        for stratum_id, asked in ranks.items():
            if stratum_id not in by_id:
                raise ProjectError(
                    "the frame has no such stratum",
                    expected=", ".join(by_id),
                    found=stratum_id,
                    remedy="draw from the strata of this frame",
                )
            stratum = by_id[stratum_id]
            state = LOSS + CLASSES_OF_STRATA.index(stratum.stratum_class)
            own = np.flatnonzero(self._pairs_of(stratum)[self.runs.pair] & (self.runs.found[:, state] > 0))
            run, rank = _in_runs(asked, own, self.runs.found[own, state].astype(np.int64), stratum_id)
            runs.append(run)
            places.append(rank)
            states.append(np.full(len(run), state))
        empty = np.empty(0, dtype=np.int64)
        return self._locate(*(np.concatenate([empty, *column]) for column in (runs, states, places)))

    def units_of_frame(self, ranks: Ints) -> FrameUnits:
        """Return the units with some ranks in the whole frame, in the order given; refusals as for `units`."""
        seen = self.runs.found[:, list(SEEN)].sum(axis=1, dtype=np.int64)
        run, rank = _in_runs(ranks, np.arange(len(seen)), seen, "the whole frame")
        return self._locate(run, np.full(len(run), UNSEEN), rank)

    def grid_units(self, row_start: int, column_start: int, spacing: int) -> FrameUnits:
        """Return every unit of the frame on a net of rows and columns of the lattice, from north to south and west to east.

        Args:
            row_start: Rows are those that leave the same remainder as this one.
            column_start: The same of columns.
            spacing: Rows, and columns, from one to the next.

        Raises:
            InputError: A tile is not as it was when the frame was surveyed.
        """
        runs = self.runs
        own = np.flatnonzero((runs.row - row_start) % spacing == 0)
        first = runs.start[own] + (column_start - runs.start[own]) % spacing
        times = np.maximum(-(-(runs.stop[own] - first) // spacing), 0).astype(np.int64)
        place = np.repeat(np.arange(len(own)), times)
        step = np.arange(len(place)) - np.repeat(np.cumsum(times) - times, times)
        column = first[place] + step * spacing
        return self._locate(own[place], np.full(len(place), UNSEEN), np.zeros(len(place), dtype=np.int64), column)

    def _pairs_of(self, stratum: FrameStratum) -> NDArray[np.bool_]:
        return np.array(
            [
                (stratum.zone_id in (None, zone)) and (stratum.carbon_stratum_id in (None, carbon))
                for zone, carbon in self.pairs
            ]
        )

    def _locate(self, run: Ints, state: Ints, rank: Ints, column: Ints | None = None) -> FrameUnits:
        """Find pixels by run, state and rank, or by column, where those not observed are left out."""
        runs = self.runs
        start = runs.start[run].astype(np.int64) if column is None else column
        stop = runs.stop[run].astype(np.int64) if column is None else column + 1
        wanted = Wanted(runs.row[run].astype(np.int64), start, stop, state, rank)
        found = Located.nowhere(len(run))
        near = [
            self.near.of(one, *ends) for one, *ends in zip(run.tolist(), start.tolist(), stop.tolist(), strict=True)
        ]
        for place in np.flatnonzero(state == LOSS_BUFFER).tolist():
            columns = near[place]
            if columns is not None:
                found.put(
                    np.array([place]),
                    Located(columns[[rank[place]]].astype(np.int64), np.array([LOSS_BUFFER]), np.array([0])),
                )
        sought = np.flatnonzero(found.column < 0)
        groups = Groups.of(self.near.part[run[sought]])
        places = [sought[own] for own in np.split(groups.order, groups.starts[1:])] if len(sought) else []
        parts = [
            LocatePart(
                self.bands[band],
                self.map,
                self.rule.loss_buffer_pixels,
                self.work.rows_per_band,
                wanted.pick(own),
                tuple(near[place] for place in own.tolist()),
            )
            for band, own in zip(groups.keys.tolist(), places, strict=True)
        ]
        for own, located in zip(places, self.work.do("locate units", parts), strict=True):
            found.put(own, located)
        kept = np.flatnonzero(found.column >= 0)
        if column is None and len(kept) < len(run):
            lost = int(np.flatnonzero(found.column < 0)[0])
            raise InputError(
                "the map is not as it was when the frame was surveyed",
                found=f"fewer pixels of a stratum in row {wanted.row[lost]}",
                where=", ".join(str(tile.path) for tile in self.map.mosaics[0].tiles),
                remedy="survey the frame again",
            )
        return self._described(run[kept], wanted.row[kept], found.pick(kept))

    def _described(self, run: Ints, row: Ints, found: Located) -> FrameUnits:
        zones, carbon = (np.array(column, dtype=object) for column in zip(*self.pairs, strict=True))
        classes = np.array([None, *CLASSES_OF_STRATA], dtype=object)
        pair, kind = self.runs.pair[run], found.state.astype(np.int64)
        parts = [*([zones[pair]] if self.rule.by_zone else []), *([carbon[pair]] if self.rule.by_stratum else [])]
        longitude, latitude = _centres(self.map.lattice, row, found.column)
        return FrameUnits(
            np.array(
                [".".join(filter(None, names)) for names in zip(*parts, classes[kind], strict=True)], dtype=object
            ),
            zones[pair],
            carbon[pair],
            np.array([None, *map(map_class_of, CLASSES_OF_STRATA)], dtype=object)[kind],
            found.loss_year,
            row,
            found.column,
            longitude,
            latitude,
            self.runs.area_um2[run],
        )


def survey_loss_frame(
    layers: LossLayers,
    region: Region,
    *,
    product: ProductRule,
    forest: ForestRule,
    rule: FrameRule,
    gain: tuple[Path, ...] = (),
    work: Work = PLAIN,
) -> Frame:
    """Count the pixels of the forest loss series in the zones of a region by stratum.

    Loss is forest lost in the rule's years, with the very pixels that `measure_loss` counts where centres decide. Stable
    non-forest was no forest at the base year, or was lost before these years; all other forest is stable. A pixel of
    stable non-forest that the layer of gain maps as gain is gain.

    Args:
        layers: Tiles of one product version, in any order.
        region: Zones, which must not share a pixel, and carbon strata. Pixels are those whose centre lies in a zone,
            whatever the region's own rule says.
        product: Codes and grid.
        forest: What is forest.
        rule: How the frame is divided.
        gain: Tiles of the gain layer of the same product: 1 is gain, 0 is none.
        work: How it is done.

    Raises:
        InputError: A tile cannot be used, lacks, or holds a value that the product does not have.
        GridError: A tile is of another grid.
        ProjectError: The region does not hold, two zones share pixels, or the product does not map the years.
    """
    if not product.base_year < rule.first_year <= rule.last_year <= product.last_year:
        raise ProjectError(
            "the map does not show loss of the years of the sample",
            expected=f"years from {product.base_year + 1} to {product.last_year}",
            found=f"{rule.first_year} to {rule.last_year}",
            where=f"{product.product} {product.version}",
            remedy="mend first_year and last_year of the sample, or take another version of the product",
        )
    known = None if product.known_nodata is None else product.known_nodata.get("gain")
    gained = Mosaic.of("gain", gain, lattice=product.lattice, kind="classes", known_nodata=known) if gain else None
    checked = Layers.open(replace(layers, emissions=()), product, forest, region.earth)
    change = LossMap(checked, gained, rule.first_year, rule.last_year)
    return _survey(change, region, rule, work, whole_zones=change.by_zone)


def survey_class_frame(
    files: tuple[Path, ...],
    region: Region,
    *,
    lattice: Lattice,
    classes: Mapping[MapClass, tuple[int, ...]],
    nodata: tuple[int, ...],
    rule: FrameRule,
    band: int | None = None,
    work: Work = PLAIN,
) -> Frame:
    """Count the pixels of a class layer in the zones of a region by stratum.

    Args:
        files: Tiles of one product version, in any order.
        region: As for `survey_loss_frame`.
        lattice: Grid of the layer.
        classes: Codes of each map class (loss, gain, stable_forest, stable_non_forest).
        nodata: Codes that mean: not observed. Every other code is refused.
        rule: How the frame is divided.
        band: Which band of files with several.
        work: How it is done.

    Raises:
        InputError: A tile cannot be used, lacks, or holds a code that is listed nowhere.
        GridError: A tile is of another grid.
        ProjectError: The region does not hold, two zones share pixels, or a code has two meanings.
    """
    change = ClassMap.open(files, lattice=lattice, classes=classes, nodata=nodata, band=band)
    return _survey(change, region, rule, work, whole_zones=False)


def _survey(change: ChangeMap, region: Region, rule: FrameRule, work: Work, *, whole_zones: bool) -> Frame:
    region = replace(region, pixel_rule="centre")
    check_apart(region, change.lattice)
    layout = lay_out(region, lattice=change.lattice, mosaics=change.mosaics, work=work, whole_zones=whole_zones)
    parts = [SurveyPart(band, change, rule.loss_buffer_pixels, work.rows_per_band) for band in layout.bands]
    surveyed = list(work.do("survey the sampling frame", parts))
    owner = np.repeat(np.arange(len(surveyed)), [len(item.seams) for item in surveyed])
    seams = [seam for item in surveyed for seam in item.seams]
    for seam, row, column in found_across(seams, change, rule.loss_buffer_pixels):
        surveyed[owner[seam]] = surveyed[owner[seam]].with_near(row, column)
    runs = Runs.concatenate([item.runs._replace(pair=layout.places(item.runs.pair)) for item in surveyed])
    sizes = [len(item.runs.row) for item in surveyed]
    part = np.repeat(np.arange(len(surveyed)), sizes)
    count = runs.found[:, LOSS_BUFFER].astype(np.int64)
    before = np.cumsum(count) - count
    first = before - np.repeat(before[np.cumsum([0, *sizes[:-1]])], sizes)
    order = np.lexsort((runs.start, runs.row))
    runs = runs.pick(order)
    near = Near([item.near for item in surveyed], part[order], first[order], count[order])
    areas = _areas(runs, len(layout.pairs))
    strata = _strata(areas, runs, layout.pairs, rule)
    return Frame(
        strata,
        sum(stratum.pixel_count for stratum in strata),
        sum(stratum.area_um2 for stratum in strata),
        sum(own[UNSEEN] for own in areas),
        runs,
        near,
        layout.pairs,
        layout.bands,
        change,
        rule,
        work,
    )


def _areas(runs: Runs, pairs: int) -> list[list[int]]:
    """Return the area of each pair by state, um2."""
    groups, areas = Groups.of(runs.pair), [[0] * CLASSES for _ in range(pairs)]
    for state in range(CLASSES):
        sums = groups.areas(runs.found[:, state].astype(np.int64), runs.area_um2)
        for pair, area in zip(groups.keys.tolist(), sums, strict=True):
            areas[pair][state] = area
    return areas


def _strata(
    areas: list[list[int]], runs: Runs, pairs: Sequence[tuple[str, str]], rule: FrameRule
) -> tuple[FrameStratum, ...]:
    pixels = np.zeros((len(pairs), CLASSES), dtype=np.int64)
    for state in range(CLASSES):
        np.add.at(pixels[:, state], runs.pair, runs.found[:, state])
    sums: dict[tuple[str, str, int], list[int]] = {}
    for (place, (zone, carbon)), state in pairs_of(enumerate(pairs), SEEN):
        key = (zone if rule.by_zone else "", carbon if rule.by_stratum else "", state)
        total = sums.setdefault(key, [0, 0])
        total[0] += int(pixels[place, state])
        total[1] += areas[place][state]
    return tuple(
        FrameStratum(
            zone if rule.by_zone else None,
            carbon if rule.by_stratum else None,
            CLASSES_OF_STRATA[state - LOSS],
            count,
            area,
        )
        for (zone, carbon, state), (count, area) in sorted(sums.items())
        if count
    )


def _in_runs(ranks: Ints, runs: Ints, pixels: Ints, name: str) -> tuple[Ints, Ints]:
    """Return the run that holds each rank, and the rank in it.

    Raises:
        ProjectError: A rank lies beyond the pixels.
    """
    asked = np.asarray(ranks, dtype=np.int64)
    ends = np.cumsum(pixels)
    total = int(ends[-1]) if len(ends) else 0
    wrong = np.flatnonzero((asked < 0) | (asked >= total))
    if len(wrong):
        raise ProjectError(
            "a unit is asked for that the frame does not have",
            expected=f"ranks from 0 to {total - 1}",
            found=str(asked[wrong[0]]),
            where=name,
            remedy="draw as many units as there are pixels, at most",
        )
    place = np.searchsorted(ends, asked, side="right")
    return runs[place], asked - (ends[place] - pixels[place])


def _centres(lattice: Lattice, row: Ints, column: Ints) -> tuple[Floats, Floats]:
    """Return longitude and latitude of the centres of pixels, rounded once from exact decimals."""
    half_width, half_height = lattice.pixel_width / 2, lattice.pixel_height / 2
    x = np.array([float(lattice.x(place) + half_width) for place in column.tolist()], dtype=np.float64)
    y = np.array([float(lattice.y(place) - half_height) for place in row.tolist()], dtype=np.float64)
    return (x, y) if lattice.is_lonlat else lattice.projection.inverse(x, y)
