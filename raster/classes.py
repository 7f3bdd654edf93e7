"""Class rasters of one lattice in zones and strata: classes of each layer, and of chosen layers together, in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mrv.errors import InputError, ProjectError
from raster.grid import Lattice, Window
from raster.mosaic import Mosaic
from raster.parts import PLAIN, Band, Work, ZonePixels, lay_out
from raster.rules import Region
from raster.spans import Ints
from raster.tabulate import INVALID, MAX_CLASSES, NODATA, Codes, Runs, Sums, number_classes, tabulate

MAX_STATES = 2**22
"""Classes of layers multiplied: what a thread keeps sums of at once, 40 bytes each."""


@dataclass(frozen=True)
class ClassLayer:
    """One layer of class codes and how to read it; headers of files are not believed.

    Attributes:
        name: Name for messages.
        paths: Tiles of one product version, in any order.
        codes: Codes of the classes.
        nodata: Codes that mean: not observed. Every other code is refused.
        band: Which band of files with several; without it files have one.
        ignored_header_nodata: What headers may declare as nodata although it is a class.
    """

    name: str
    paths: tuple[Path, ...]
    codes: tuple[int, ...]
    nodata: tuple[int, ...] = ()
    band: int | None = None
    ignored_header_nodata: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse rules that contradict themselves.

        Raises:
            ProjectError: There is no class, too many, or a code is a class and nodata.
        """
        both = set(self.codes) & set(self.nodata)
        if not 0 < len(set(self.codes)) == len(self.codes) <= MAX_CLASSES or both:
            raise ProjectError(
                f"the classes of the layer {self.name} do not hold",
                expected=f"1 to {MAX_CLASSES} different codes, none of them nodata",
                found=f"{len(self.codes)} codes" + (f"; also nodata: {sorted(both)}" if both else ""),
                remedy="mend the classes and nodata of the product",
            )


@dataclass(frozen=True)
class ClassRow:
    """Pixels of a zone and stratum in which layers have given classes.

    Attributes:
        zone_id: The zone.
        stratum_id: The stratum.
        codes: Code in each of the layers; None is not observed.
        pixel_count: Pixels.
        area_um2: Area on the ellipsoid.
        nominal_area_um2: Width times height of the pixels; None on a lattice in degrees.
    """

    zone_id: str
    stratum_id: str
    codes: tuple[int | None, ...]
    pixel_count: int
    area_um2: int
    nominal_area_um2: int | None


@dataclass(frozen=True)
class ClassMeasurement:
    """What was measured; rows are ordered by zone, stratum and codes (not observed first).

    Attributes:
        layers: Rows of each layer, in the order of the layers.
        joint: Rows of each group of layers, in the order of the groups.
        zones: What each zone takes of the grid, whatever the classes are.
    """

    layers: list[list[ClassRow]]
    joint: list[list[ClassRow]]
    zones: list[ZonePixels]


def measure_classes(
    layers: Sequence[ClassLayer],
    region: Region,
    *,
    lattice: Lattice,
    joint: Sequence[tuple[int, ...]] = (),
    work: Work = PLAIN,
) -> ClassMeasurement:
    """Measure the classes of layers, and of groups of layers together, in zones and strata.

    A window of a layer is read once, whatever groups it is in. Memory is bounded by the windows of the layers that are
    needed together.

    Args:
        layers: The layers, on one lattice; for example one of each year.
        region: Zones and strata.
        lattice: Grid of the layers.
        joint: Groups of layers by their place, for example (0, 1) for the change from the first to the second.
        work: How it is done.

    Raises:
        InputError: A tile cannot be used, lacks, or holds a code that the product does not have.
        GridError: A tile is of another grid.
        ProjectError: The region does not hold, or a group has too many combinations of classes.
    """
    coded = [_Coded.open(layer, lattice) for layer in layers]
    tasks = _tasks(coded, joint)
    layout = lay_out(region, lattice=lattice, mosaics=[layer.mosaic for layer in coded], work=work)
    names, nominal = layout.pairs, lattice.projection.projected
    found: list[list[Sums]] = [[] for _ in tasks]
    for counted in work.do("measure classes", [ClassPart(band, tuple(coded), tasks) for band in layout.bands]):
        groups = layout.places(counted.groups)
        for place, sums in enumerate(counted.sums):
            found[place].append(sums._replace(group=groups[sums.group]))
    tables = {task: Sums.join(sums) for task, sums in zip(tasks, found, strict=True)}
    return ClassMeasurement(
        [_rows(_marginal(tables, index, coded), (coded[index],), names, nominal) for index in range(len(coded))],
        [_rows(tables[group], [coded[index] for index in group], names, nominal) for group in joint],
        layout.zones,
    )


@dataclass(frozen=True)
class _Coded:
    """A checked layer with the class number of each code."""

    layer: ClassLayer
    mosaic: Mosaic
    codes: tuple[int, ...]
    numbers: Codes
    offset: int

    @classmethod
    def open(cls, layer: ClassLayer, lattice: Lattice) -> _Coded:
        known = {*layer.nodata, *layer.ignored_header_nodata}
        mosaic = Mosaic.of(layer.name, layer.paths, lattice=lattice, kind="codes", band=layer.band, known_nodata=known)
        limits = np.iinfo(mosaic.dtype)
        numbers = np.full(limits.max - limits.min + 1, INVALID, dtype=np.uint8)
        codes = tuple(sorted(layer.codes))
        for number, values in ((NODATA, layer.nodata), *((place, (code,)) for place, code in enumerate(codes, 1))):
            held = [value - limits.min for value in values if limits.min <= value <= limits.max]
            numbers[held] = number
        return cls(layer, mosaic, codes, numbers, -int(limits.min))

    @property
    def size(self) -> int:
        return len(self.codes) + 1

    @property
    def byte_numbers(self) -> Codes:
        """Class number of each byte that `read` gives."""
        return self.numbers if self.mosaic.dtype == np.uint8 else np.arange(256, dtype=np.uint8)

    def read(self, window: Window) -> Codes:
        """Read a window as bytes: the codes themselves, or class numbers where codes are wider."""
        pixels = self.mosaic.read(window, fill=0)
        return pixels if pixels.dtype == np.uint8 else number_classes(pixels, self.numbers, self.offset)

    def refuse(self, pixel: Window) -> InputError:
        tile = next(tile for tile in self.mosaic.tiles if tile.window.intersection(pixel))
        row, column = pixel.row - tile.window.row, pixel.col - tile.window.col
        return InputError(
            f"a pixel of the layer {self.layer.name} has a code that is no class of the product",
            expected="one of " + ", ".join(map(str, self.codes)) + f", or nodata {list(self.layer.nodata)}",
            found=str(self.mosaic.read(pixel, fill=0)[0, 0]),
            where=f"{tile.path}, row {row}, column {column} ({self.mosaic.lattice.extent(pixel)})",
            remedy="check that the file is of the declared product version, or add the class to the product",
        )


Task = tuple[int, ...]


def _tasks(coded: Sequence[_Coded], joint: Sequence[Task]) -> tuple[Task, ...]:
    """Return the groups of layers to count, in the order in which their last layers are read; the rest by themselves."""
    for group in joint:
        states = int(np.prod([coded[index].size for index in group], dtype=object))
        if states > MAX_STATES:
            raise ProjectError(
                "layers have too many combinations of classes to be counted together",
                expected=f"at most {MAX_STATES}",
                found=str(states),
                where=", ".join(coded[index].layer.name for index in group),
                remedy="count fewer layers together",
            )
    alone = {(index,) for index in range(len(coded)) if not any(index in group for group in joint)}
    return tuple(sorted({*joint, *alone}, key=lambda group: (max(group), group)))


@dataclass(frozen=True)
class Counted:
    """What a part counted: the numbers of its pairs, ascending, and the sums of each task by the pair's place in them."""

    groups: Ints
    sums: tuple[Sums, ...]


@dataclass(frozen=True)
class ClassPart:
    """The work of one band."""

    band: Band
    layers: tuple[_Coded, ...]
    tasks: tuple[Task, ...]

    @property
    def tile(self) -> int:
        """See Part."""
        return self.band.tile

    def run(self) -> Counted:
        """Read each layer once and count every group of layers as soon as its layers are there.

        Raises:
            InputError: A pixel of a zone has a code that is no class.
        """
        spans = self.band.spans()
        window = spans.window
        groups, place = self.band.groups(spans)
        order = np.argsort(place, kind="stable")
        runs = Runs(
            (spans.row[order] - window.row).astype(np.int32),
            (spans.start[order] - window.col).astype(np.int32),
            (spans.stop[order] - window.col).astype(np.int32),
            place[order],
            spans.area_um2[order],
            spans.nominal_um2[order],
        )
        held: dict[int, Codes] = {}
        sums = []
        for done, task in enumerate(self.tasks):
            for index in task:
                if index not in held:
                    held[index] = self.layers[index].read(window)
            sums.append(self._count(task, runs, held, window))
            needed = {index for later in self.tasks[done + 1 :] for index in later}
            held = {index: plane for index, plane in held.items() if index in needed}
        return Counted(groups, tuple(sums))

    def _count(self, task: Task, runs: Runs, held: dict[int, Codes], window: Window) -> Sums:
        layers = [self.layers[index] for index in task]
        sums, fault, row, column = tabulate(
            runs,
            # One layer is not copied.
            np.stack([held[index] for index in task]) if len(task) > 1 else held[task[0]][np.newaxis],
            np.stack([layer.byte_numbers for layer in layers]),
            np.array([layer.size for layer in layers], dtype=np.int64),
        )
        if fault >= 0:
            raise layers[fault].refuse(Window(window.row + row, window.col + column, 1, 1))
        return sums


def _marginal(tables: dict[Task, Sums], index: int, coded: Sequence[_Coded]) -> Sums:
    """Return the sums of one layer, from the first group that it is in."""
    task = next(task for task in tables if index in task)
    numbers = _class_numbers(tables[task].state, [coded[member].size for member in task])
    return Sums.join([tables[task]._replace(state=numbers[:, task.index(index)])])


def _class_numbers(state: Ints, sizes: Sequence[int]) -> NDArray[np.int64]:
    """Take states apart, shape (n, layers)."""
    numbers = []
    for size in reversed(sizes):
        state, number = np.divmod(state, size)
        numbers.append(number)
    return np.column_stack(numbers[::-1])


def _rows(sums: Sums, layers: Sequence[_Coded], names: list[tuple[str, str]], nominal: bool) -> list[ClassRow]:
    codes = [(None, *layer.codes) for layer in layers]
    numbers = _class_numbers(sums.state, [layer.size for layer in layers])
    columns = (column.tolist() for column in (sums.group, numbers, *sums[2:]))
    return [
        ClassRow(
            names[group][0],
            names[group][1],
            tuple(own[number] for own, number in zip(codes, place, strict=True)),
            pixels,
            (high << 32) + low,
            (nominal_high << 32) + nominal_low if nominal else None,
        )
        for group, place, pixels, high, low, nominal_high, nominal_low in zip(*columns, strict=True)
    ]
