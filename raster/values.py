"""Measured values (biomass, elevation) of one raster layer in zones and strata: exact means weighted by area.

Values are counted in whole steps, so that their sums are integers and no order of windows, tiles or threads changes a digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mrv.errors import InputError, ProjectError
from raster.grid import Lattice, Window
from raster.mosaic import Mosaic
from raster.parts import PLAIN, Band, Work, ZonePixels, lay_out
from raster.patches import LOW
from raster.rules import Region
from raster.spans import Ints, Ints32

MEAN_STEP = Decimal("0.000000001")
MAX_STEPS = 2**31
"""A value of more steps than this is refused: sums over a run have to fit 64 bits."""
_MOST = 2**62


@dataclass(frozen=True)
class ValueLayer:
    """One layer of measured values and how to read it; headers of files are not believed.

    Attributes:
        name: Name for messages.
        paths: Tiles of one product version, in any order.
        step: What values are rounded to, half to even, in the layer's unit.
        nodata: Values that mean: not measured; NaN may be one. Infinity, or NaN that is none, is refused.
        valid: Least and largest value that the product has; others are refused.
        band: Which band of files with several; without it files have one.
        ignored_header_nodata: What headers may declare as nodata although it is a value.
    """

    name: str
    paths: tuple[Path, ...]
    step: Decimal
    nodata: tuple[float, ...] = ()
    valid: tuple[Decimal | None, Decimal | None] = (None, None)
    band: int | None = None
    ignored_header_nodata: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a step that is none.

        Raises:
            ProjectError: It is not more than 0.
        """
        if not self.step > 0:
            raise ProjectError(
                f"the step of the layer {self.name} does not hold",
                expected="more than 0",
                found=str(self.step),
                remedy="mend the step of the product's layer",
            )


@dataclass(frozen=True)
class ValueMeasurement:
    """What was measured.

    Attributes:
        rows: Rows of each zone and stratum, ordered by both.
        zones: What each zone takes of the grid, whatever the values are.
    """

    rows: list[ValueRow]
    zones: list[ZonePixels]


@dataclass(frozen=True)
class ValueRow:
    """The values of a zone and stratum.

    Attributes:
        zone_id: The zone.
        stratum_id: The stratum.
        pixel_count: Pixels with a value.
        area_um2: Their area on the ellipsoid.
        nodata_area_um2: Area of pixels that were not measured.
        mean: Mean weighted by area, rounded to nine decimals; None where nothing was measured.
        minimum: Least value, in whole steps.
        maximum: Largest value, in whole steps.
    """

    zone_id: str
    stratum_id: str
    pixel_count: int
    area_um2: int
    nodata_area_um2: int
    mean: Decimal | None
    minimum: Decimal | None
    maximum: Decimal | None


def measure_values(layer: ValueLayer, region: Region, *, lattice: Lattice, work: Work = PLAIN) -> ValueMeasurement:
    """Measure mean, least and largest value of each zone and stratum.

    A pixel counts by its area, or by the part of it that the zone takes. The mean of a layer of standard deviations is
    the mean of these, and not the standard error of a mean, which would need to know how errors go together.

    Args:
        layer: The layer.
        region: Zones and strata.
        lattice: Grid of the layer.
        work: How it is done.

    Raises:
        InputError: A tile cannot be used, lacks, or holds a value that the product does not have.
        GridError: A tile is of another grid.
        ProjectError: The region does not hold.
    """
    known = {*layer.nodata, *layer.ignored_header_nodata}
    mosaic = Mosaic.of(layer.name, layer.paths, lattice=lattice, kind="values", band=layer.band, known_nodata=known)
    layout = lay_out(region, lattice=lattice, mosaics=[mosaic], work=work)
    totals: dict[tuple[str, str], _Total] = {}
    for counted in work.do(f"measure {layer.name}", [ValuePart(band, layer, mosaic) for band in layout.bands]):
        for place, total in zip(layout.places(counted.groups).tolist(), counted.totals, strict=True):
            pair = layout.pairs[place]
            totals[pair] = total.plus(totals[pair]) if pair in totals else total
    rows = [_row(pair, total, layer.step) for pair, total in sorted(totals.items())]
    return ValueMeasurement(rows, layout.zones)


class _Total(NamedTuple):
    """Sums as Python integers: pixels, area, area without value, steps times area, least and largest steps."""

    pixels: int
    area: int
    unmeasured: int
    steps: int
    least: int
    most: int

    def plus(self, other: _Total) -> _Total:
        return _Total(
            self.pixels + other.pixels,
            self.area + other.area,
            self.unmeasured + other.unmeasured,
            self.steps + other.steps,
            min(self.least, other.least),
            max(self.most, other.most),
        )


def _row(pair: tuple[str, str], total: _Total, step: Decimal) -> ValueRow:
    mean = least = most = None
    if total.pixels:
        with localcontext() as context:
            context.prec = 60
            mean = (Decimal(total.steps) / total.area * step).quantize(MEAN_STEP, rounding=ROUND_HALF_EVEN)
            least, most = total.least * step, total.most * step
    return ValueRow(*pair, total.pixels, total.area, total.unmeasured, mean, least, most)


@dataclass(frozen=True)
class Counted:
    """What a part counted: the numbers of its pairs, ascending, and the total of each."""

    groups: Ints
    totals: list[_Total]


@dataclass(frozen=True)
class ValuePart:
    """The work of one band."""

    band: Band
    layer: ValueLayer
    mosaic: Mosaic

    @property
    def tile(self) -> int:
        """See Part."""
        return self.band.tile

    def run(self) -> Counted:
        """Read the layer and sum it.

        Raises:
            InputError: A pixel of a zone has a value that the product does not have.
        """
        spans = self.band.spans()
        window = spans.window
        groups, place = self.band.groups(spans)
        pixels = self.mosaic.read(window, fill=0)
        runs = Runs(spans.row - window.row, spans.start - window.col, spans.stop - window.col, place, spans.area_um2)
        sums = Sums.zero(len(groups))
        row, column = sum_values(runs, pixels, self._rule(), sums)
        if row >= 0:
            raise self._refuse(Window(window.row + row, window.col + column, 1, 1))
        return Counted(groups, [sums.total(group) for group in range(len(groups))])

    def _rule(self) -> Rule:
        low, high = (None if limit is None else float(limit) for limit in self.layer.valid)
        step = float(self.layer.step)
        most = (MAX_STEPS - 1) * step
        return Rule(
            step,
            np.array([value for value in self.layer.nodata if not np.isnan(value)], dtype=np.float64),
            any(np.isnan(value) for value in self.layer.nodata),
            -most if low is None else max(low, -most),
            most if high is None else min(high, most),
        )

    def _refuse(self, pixel: Window) -> InputError:
        tile = next(tile for tile in self.mosaic.tiles if tile.window.intersection(pixel))
        row, column = pixel.row - tile.window.row, pixel.col - tile.window.col
        rule = self._rule()
        return InputError(
            f"a pixel of the layer {self.layer.name} has a value that the product does not have",
            expected=f"{rule.low:g} to {rule.high:g}, or nodata {list(self.layer.nodata)}",
            found=str(self.mosaic.read(pixel, fill=0)[0, 0]),
            where=f"{tile.path}, row {row}, column {column} ({self.mosaic.lattice.extent(pixel)})",
            remedy="check that the file is of the declared product version, or mend the limits or nodata of the product",
        )


class Runs(NamedTuple):
    """Runs of pixels; arrays of shape (n,): row and columns in the window, group, area of each pixel in um2."""

    row: Ints32
    start: Ints32
    stop: Ints32
    group: Ints
    area_um2: Ints


class Rule(NamedTuple):
    """How values are read: step, values that are nodata, whether NaN is nodata, least and largest value."""

    step: float
    nodata: NDArray[np.float64]
    nan_is_nodata: bool
    low: float
    high: float


class Sums(NamedTuple):
    """Sums of each group; arrays of shape (groups,), or (groups, 4): limbs of 32 bits, the lowest first, the last signed.

    Attributes:
        pixels: Pixels with a value.
        area: Their area, by limbs.
        unmeasured: Area of the others, by limbs.
        steps: Steps times area, by limbs.
        least: Least steps.
        most: Largest steps.
    """

    pixels: Ints
    area: Ints
    unmeasured: Ints
    steps: Ints
    least: Ints
    most: Ints

    @classmethod
    def zero(cls, groups: int) -> Sums:
        """Return empty sums."""
        none = np.zeros(groups, dtype=np.int64)
        area, unmeasured, steps = (np.zeros((groups, 4), dtype=np.int64) for _ in range(3))
        return cls(none, area, unmeasured, steps, none + _MOST, none - _MOST)

    def total(self, group: int) -> _Total:
        """Return the sums of a group as integers that cannot overflow."""
        return _Total(
            int(self.pixels[group]),
            _integer(self.area[group]),
            _integer(self.unmeasured[group]),
            _integer(self.steps[group]),
            int(self.least[group]),
            int(self.most[group]),
        )


def _integer(limbs: Ints) -> int:
    return sum(int(limb) << (32 * place) for place, limb in enumerate(limbs.tolist()))


@njit(cache=True, nogil=True)
def sum_values(runs: Runs, pixels: NDArray[Any], rule: Rule, sums: Sums) -> tuple[int, int]:
    """Add the pixels of runs to the sums of their groups.

    Returns:
        Row and column of the first value that the rule does not allow; -1 where there is none.
    """
    for run in range(len(runs.row)):
        row, start, stop = runs.row[run], runs.start[run], runs.stop[run]
        group, area = runs.group[run], runs.area_um2[run]
        count, total, least, most = 0, 0, sums.least[group], sums.most[group]
        for column in range(start, stop):
            value = np.float64(pixels[row, column])
            if np.isnan(value):
                if not rule.nan_is_nodata:
                    return row, column
                continue
            if _is_in(value, rule.nodata):
                continue
            if not rule.low <= value <= rule.high:
                return row, column
            steps = int(np.rint(value / rule.step))
            count += 1
            total += steps
            least, most = min(least, steps), max(most, steps)
        sums.least[group], sums.most[group] = least, most
        sums.pixels[group] += count
        _add_product(sums.area[group], count, area)
        _add_product(sums.unmeasured[group], stop - start - count, area)
        _add_product(sums.steps[group], total, area)
    return -1, -1


@njit(cache=True, nogil=True)
def _is_in(value: float, values: NDArray[np.float64]) -> bool:
    for other in values:  # noqa: SIM110 - compiled: a generator is not
        if value == other:
            return True
    return False


@njit(cache=True, nogil=True)
def _add_product(limbs: Ints, factor: int, area: int) -> None:
    """Add factor times area; the factor is a sum of a run (below 2**62 in size), the area below 2**62."""
    low, high = factor & LOW, factor >> 32
    # Four products of 32 bits, taken apart at once so that none exceeds 64 bits; `high` alone has the sign.
    for place, one, two in ((0, low, area & LOW), (1, low, area >> 32), (1, high, area & LOW), (2, high, area >> 32)):
        upper, lower = _multiply(one, two)
        limbs[place] += lower
        limbs[place + 1] += upper
    for place in range(3):
        limbs[place + 1] += limbs[place] >> 32
        limbs[place] &= LOW


@njit(cache=True, nogil=True)
def _multiply(one: int, two: int) -> tuple[int, int]:
    """Return the product of a factor below 2**32 in size and one from 0 to 2**32 as upper and lower 32 bits."""
    low = one * (two & 0xFFFF)
    high = one * (two >> 16)
    total = low + ((high & 0xFFFF) << 16)
    return (high >> 16) + (total >> 32), total & LOW
