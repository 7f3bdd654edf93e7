"""What really became of each pixel of the landscape: its maps with the errors that maps have. Nothing in it is real."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mrv.boundaries import Zone
from mrv.simulator.landscape import (
    BASE_YEAR,
    LAST_YEAR,
    NORTH_DEG,
    PIXELS_PER_DEG,
    WEST_DEG,
    Bytes2D,
    Landscape,
    Mask2D,
)
from raster.area import row_areas_um2
from raster.grid import Lattice
from raster.spans import centre_spans

CLASSES = ("loss", "stable_forest", "stable_non_forest")
"""Classes by their codes here."""
LOSS, STABLE_FOREST, STABLE_NON_FOREST = range(len(CLASSES))
LATTICE = Lattice.square(Decimal(WEST_DEG), Decimal(NORTH_DEG), 1 / Decimal(PIXELS_PER_DEG))
FOREST_PERCENT = 30
SMALLEST_PATCH = 7
"""Pixels of the smallest patch of forest: 0.5 ha at the landscape's latitudes."""
BAND_ROWS = 256
REACH = 2
"""Pixels from mapped loss within which the map missed loss of the same year."""

SHARE_NOT_LOST = 0.10
"""Of mapped loss: forest stands."""
SHARE_A_YEAR_EARLIER = 0.05
"""Of mapped loss: it was lost in the year before."""
SHARE_MISSED = 0.9
"""Of stable forest, where a neighbour drawn from those within REACH is mapped loss: lost with it."""
SHARE_ISOLATED = 0.0004
"""Of other stable forest: lost all the same in one of the years, far from any mapped loss: 0.00005 in three years."""
SHARE_NO_FOREST = 0.001
"""Of other stable forest: there was none."""
SHARE_FOREST = 0.004
"""Of mapped non-forest: forest stands."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Codes = NDArray[np.int8]


@dataclass(frozen=True)
class Truth:
    """The landscape as it really is, on the same lattice.

    Attributes:
        seed: What it was made from.
        row, column: Lattice offsets of the first pixel, from 80 N and 180 W.
        forest: Whether it was forest in 2000, shape (rows, columns).
        loss_year: 0, or years after 2000 in which the forest was lost, the same shape.
    """

    seed: int
    row: int
    column: int
    forest: Mask2D
    loss_year: Bytes2D

    def classes(self, row: Ints, column: Ints, *, first_year: int, last_year: int) -> Codes:
        """Return what pixels are over whole calendar years.

        Args:
            row: Lattice offsets, any shape.
            column: Lattice offsets, the same shape.
            first_year: The first of the years.
            last_year: The last of them.

        Returns:
            Codes of CLASSES, the same shape.

        Raises:
            IndexError: A pixel lies outside the landscape.
        """
        return _classes(*self._at(row, column), first_year=first_year, last_year=last_year)

    def years(self, row: Ints, column: Ints) -> Ints:
        """Return the calendar year in which pixels lost their forest, 0 where they did not; shapes as in `classes`."""
        _, lost = self._at(row, column)
        return np.where(lost > 0, lost + BASE_YEAR, 0)

    def at_an_edge(self, row: Ints, column: Ints, *, first_year: int, last_year: int) -> Mask2D:
        """Tell where a pixel of forest or loss touches one of the other, so that people see it differently."""
        own = self.classes(row, column, first_year=first_year, last_year=last_year)
        result = np.zeros(own.shape, dtype=np.bool_)
        for down, right in _neighbours(1):
            near = self.classes(row + down, column + right, first_year=first_year, last_year=last_year)
            result |= (own != near) & (own != STABLE_NON_FOREST) & (near != STABLE_NON_FOREST)
        return result

    def _at(self, row: Ints, column: Ints) -> tuple[Mask2D, Ints]:
        """Return forest in 2000, and the years after it in which it was lost."""
        here, there = row - self.row, column - self.column
        if here.min() < 0 or there.min() < 0:
            raise IndexError("a pixel lies outside the landscape")
        return self.forest[here, there], self.loss_year[here, there].astype(np.int64)


def make_truth(landscape: Landscape, *, isolated_share: float = SHARE_ISOLATED) -> Truth:
    """Return the truth of a landscape; the landscape alone decides it, pixel for pixel.

    About a tenth of the mapped loss is none, and a twentieth is dated a year late. Along the edges of loss more was lost
    than the map shows, so that its counts are too small. Elsewhere loss was missed so rarely that a sample hardly ever
    meets it. Single pixels of the stable classes are mistaken anywhere.

    Args:
        landscape: With its maps.
        isolated_share: Share of the stable forest beyond REACH of mapped loss that was lost in one of all the years.
    """
    forest = _mapped_forest(landscape)
    mapped = np.where(forest, landscape.loss_year, 0).astype(np.uint8)
    lost = mapped.copy()
    near = ndimage.maximum_filter(mapped, 2 * REACH + 1) > 0
    stable = forest & (mapped == 0)

    row, column = np.nonzero(mapped)
    part = uniform(landscape.seed, "mapped loss", row + landscape.row, column + landscape.column)
    lost[row, column] -= (
        (part >= SHARE_NOT_LOST) & (part < SHARE_NOT_LOST + SHARE_A_YEAR_EARLIER) & (mapped[row, column] > 1)
    )
    lost[row[part < SHARE_NOT_LOST], column[part < SHARE_NOT_LOST]] = 0

    row, column = np.nonzero(stable & near)
    neighbours = np.array(_neighbours(REACH))
    drawn = uniform(landscape.seed, "neighbour", row + landscape.row, column + landscape.column) * len(neighbours)
    down, right = neighbours[drawn.astype(np.int64)].T
    beside = mapped[np.clip(row + down, 0, mapped.shape[0] - 1), np.clip(column + right, 0, mapped.shape[1] - 1)]
    missed = uniform(landscape.seed, "missed loss", row + landscape.row, column + landscape.column) < SHARE_MISSED
    lost[row, column] = np.where(missed, beside, 0)

    for row, column in _places(stable & ~near):
        part = uniform(landscape.seed, "isolated loss", row + landscape.row, column + landscape.column)
        here = part < isolated_share
        years = 1 + np.floor(part[here] / isolated_share * (LAST_YEAR - BASE_YEAR))
        lost[row[here], column[here]] = years.astype(np.uint8)
    for where, share in (
        (stable & ~near & (lost == 0), SHARE_NO_FOREST),
        (~forest & (landscape.datamask == 1), SHARE_FOREST),
    ):
        for row, column in _places(where):
            part = uniform(landscape.seed, "forest", row + landscape.row, column + landscape.column)
            forest[row[part < share], column[part < share]] ^= True
    return Truth(landscape.seed, landscape.row, landscape.column, forest, lost)


@dataclass(frozen=True)
class TrueArea:
    """What there really is of a class in a zone.

    Attributes:
        zone_id: The zone.
        reference_class: One of CLASSES.
        loss_year: Calendar year of loss; None for all years, and for the stable classes.
        pixel_count: Pixels whose centre lies in the zone.
        area_um2: Their area, square micrometres.
    """

    zone_id: str
    reference_class: str
    loss_year: int | None
    pixel_count: int
    area_um2: int


def true_areas(truth: Truth, zones: Sequence[Zone], *, first_year: int, last_year: int) -> tuple[TrueArea, ...]:
    """Return the exact areas of each class in each zone, and of loss by year; classes that a zone has not are left out.

    Args:
        truth: The landscape as it is.
        zones: Zones within it; a pixel belongs to those that hold its centre.
        first_year: First calendar year whose loss counts.
        last_year: The last one.
    """
    lost = np.where(truth.loss_year > 0, truth.loss_year.astype(np.int64) + BASE_YEAR, 0)
    classes = _classes(
        truth.forest, lost - np.where(lost > 0, BASE_YEAR, 0), first_year=first_year, last_year=last_year
    )
    areas = row_areas_um2(LATTICE, row=truth.row, height=len(classes)).tolist()
    rows = []
    for zone in zones:
        inside = _inside(truth, zone)
        for code, name in enumerate(CLASSES):
            rows.append(_true_area(zone.zone_id, name, None, inside & (classes == code), areas))
        for year in range(first_year, last_year + 1):
            where = inside & (classes == LOSS) & (lost == year)
            rows.append(_true_area(zone.zone_id, CLASSES[LOSS], year, where, areas))
    return tuple(row for row in rows if row.pixel_count)


def uniform(seed: int, purpose: str, row: Ints, column: Ints) -> Floats:
    """Return a number from 0 to below 1 for each pixel, the same on every machine (SplitMix64).

    Args:
        seed: Any whole number.
        purpose: Numbers for different purposes have nothing in common.
        row: Lattice offsets, any shape.
        column: Lattice offsets, the same shape.
    """
    digest = hashlib.sha256(f"{seed} {purpose}".encode()).digest()
    mixed = (row.astype(np.uint64) << np.uint64(32)) | column.astype(np.uint64)
    mixed = (mixed ^ np.uint64(int.from_bytes(digest[:8], "big"))) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mapped_forest(landscape: Landscape) -> Mask2D:
    """Return the forest of the map: over 30 per cent of cover, in patches of 0.5 ha and more, corners joined."""
    forest = (landscape.tree_cover > FOREST_PERCENT) & (landscape.datamask == 1)
    labels, _ = ndimage.label(forest, np.ones((3, 3)))
    large = np.bincount(labels.ravel()) >= SMALLEST_PATCH
    large[0] = False
    result: Mask2D = large[labels]
    return result


def _classes(forest: Mask2D, lost: Ints, *, first_year: int, last_year: int) -> Codes:
    """Return the codes of pixels by forest in 2000 and years after it of loss."""
    gone_before = (lost > 0) & (lost < first_year - BASE_YEAR)
    gone = (lost >= first_year - BASE_YEAR) & (lost <= last_year - BASE_YEAR)
    codes = np.where(gone, LOSS, STABLE_FOREST).astype(np.int8)
    codes[~forest | gone_before] = STABLE_NON_FOREST
    return codes


def _neighbours(reach: int) -> list[tuple[int, int]]:
    steps = range(-reach, reach + 1)
    return [(down, right) for down in steps for right in steps if (down, right) != (0, 0)]


def _places(where: Mask2D) -> Iterator[tuple[Ints, Ints]]:
    """Yield rows and columns by bands, since there are millions."""
    for start in range(0, len(where), BAND_ROWS):
        row, column = np.nonzero(where[start : start + BAND_ROWS])
        yield row + start, column


def _inside(truth: Truth, zone: Zone) -> Mask2D:
    result = np.zeros(truth.forest.shape, dtype=np.bool_)
    spans = centre_spans([zone.geometry], LATTICE)
    for row, start, stop in zip(
        spans.row - truth.row, spans.start - truth.column, spans.stop - truth.column, strict=True
    ):
        result[row, start:stop] = True
    return result


def _true_area(zone_id: str, name: str, year: int | None, where: Mask2D, areas: Sequence[int]) -> TrueArea:
    # Counts by row as whole numbers of Python: a zone has more square micrometres than 64 bits hold.
    counts = where.sum(axis=1).tolist()
    area = sum(count * row_area for count, row_area in zip(counts, areas, strict=True))
    return TrueArea(zone_id, name, year, sum(counts), area)
