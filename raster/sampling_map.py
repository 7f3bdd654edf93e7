"""Maps of change from which samples are drawn: layers of windows read as states of pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import numpy as np

from mrv.errors import InputError, ProjectError
from raster.bands import CODES_AS_THEY_ARE, Codes, Layers, zone_codes
from raster.crosstab import FAULT_COVER
from raster.grid import Lattice, Window
from raster.mosaic import Mosaic
from raster.parts import Band
from raster.sampling_states import (
    FIRST_FAULT,
    GAIN,
    LOSS,
    STABLE_FOREST,
    STABLE_NON_FOREST,
    UNSEEN,
    StateBook,
    mark_states,
)
from raster.tabulate import number_classes
from raster.zoning import ZoneSpans

FAULT_GAIN = FAULT_COVER + 3
"""A value of the gain layer that it does not have; after the faults of the crosstab."""
MapClass = Literal["loss", "gain", "stable_forest", "stable_non_forest"]
STATES_OF: dict[MapClass, int] = {
    "loss": LOSS,
    "gain": GAIN,
    "stable_forest": STABLE_FOREST,
    "stable_non_forest": STABLE_NON_FOREST,
}
"""State by map class."""


class Pixels(NamedTuple):
    """States of a window before the buffer of loss is marked, and loss years; shape (window.height, window.width).

    Attributes:
        states: See `raster.sampling_states`; the caller may change them.
        loss: Loss codes; None where the map has no years.
    """

    states: Codes
    loss: Codes | None


class ChangeMap(Protocol):
    """A map that says of each pixel what became of it over the years of a design."""

    @property
    def lattice(self) -> Lattice:
        """Its grid."""
        ...

    @property
    def mosaics(self) -> tuple[Mosaic, ...]:
        """Its layers."""
        ...

    @property
    def base_year(self) -> int:
        """Year of the loss code 0."""
        ...

    @property
    def by_zone(self) -> bool:
        """Whether the map of a pixel depends on the zone that is looked at."""
        ...

    def of_band(self, band: Band, rows_per_band: int) -> ChangeMap:
        """Return the map as it is for the zones of a band."""
        ...

    def read(self, windows: Sequence[Window]) -> list[Pixels]:
        """Read windows; pixels that no tile holds are never loss."""
        ...

    def refusal(self, fault: int, pixel: Window) -> InputError:
        """Return the refusal of a pixel with a value that the product does not have."""
        ...


@dataclass(frozen=True)
class LossMap:
    """The forest loss series over some years, with the classes that `raster.loss` counts.

    Attributes:
        layers: The checked layers.
        gain: The layer of gain, 1 where forest was gained.
        first_year: First calendar year of loss.
        last_year: Last calendar year of loss.
        own: Where patches are made of a zone's own pixels: the runs of the zone and their cover codes over its bounds.
    """

    layers: Layers
    gain: Mosaic | None
    first_year: int
    last_year: int
    own: tuple[ZoneSpans, Codes] | None = None

    @property
    def lattice(self) -> Lattice:
        """See ChangeMap."""
        return self.layers.product.lattice

    @property
    def mosaics(self) -> tuple[Mosaic, ...]:
        """See ChangeMap."""
        return self.layers.mosaics + ((self.gain,) if self.gain else ())

    @property
    def base_year(self) -> int:
        """See ChangeMap."""
        return self.layers.product.base_year

    @property
    def by_zone(self) -> bool:
        """See ChangeMap."""
        return self.layers.forest.filters_patches and self.layers.forest.patch_extent == "zone"

    def of_band(self, band: Band, rows_per_band: int) -> LossMap:
        """See ChangeMap."""
        if not self.by_zone:
            return self
        spans = band.spans()
        return replace(self, own=(spans, zone_codes(self.layers, spans, rows_per_band=rows_per_band)))

    def read(self, windows: Sequence[Window]) -> list[Pixels]:
        """See ChangeMap."""
        layers = self.layers
        covers, codes = self._read_covers(windows)
        losses = layers.loss_year.read_several(windows, fill=0)
        book = StateBook.of(codes, layers.product, first_year=self.first_year, last_year=self.last_year)
        for states, loss in zip(covers, losses, strict=True):
            mark_states(states, loss, book)
        gains = self.gain.read_several(windows, fill=0) if self.gain else []
        for states, gain in zip(covers, gains, strict=False):
            states[(gain == 1) & (states == STABLE_NON_FOREST)] = GAIN
            states[gain > 1] = FIRST_FAULT + FAULT_GAIN
        return [Pixels(states, loss) for states, loss in zip(covers, losses, strict=True)]

    def _read_covers(self, windows: Sequence[Window]) -> tuple[list[Codes], Codes]:
        """Return cover values of windows, and the code of each value."""
        layers = self.layers
        if self.own:
            return [self._read_own(window, *self.own) for window in windows], CODES_AS_THEY_ARE
        if layers.read_as_stored:
            return layers.tree_cover.read_several(windows, fill=0), layers.forest.cover_codes(layers.product)
        covers = []
        for window in windows:
            cover, _ = layers.read_cover(window)
            top, left = window.row - cover.row, window.col - cover.col
            covers.append(np.ascontiguousarray(cover.values[top : top + window.height, left : left + window.width]))
        return covers, CODES_AS_THEY_ARE

    def _read_own(self, window: Window, spans: ZoneSpans, own: Codes) -> Codes:
        """Read cover codes: those of the zone's own forest, and around it forest of any size, which no zone measures."""
        codes, place = self.layers.read_codes(window), spans.window
        inside = (spans.row >= window.row) & (spans.row < window.row_stop)
        start, stop = np.maximum(spans.start, window.col), np.minimum(spans.stop, window.col_stop)
        for run in np.flatnonzero(inside & (start < stop)).tolist():
            row, first, after = int(spans.row[run]), int(start[run]), int(stop[run])
            line = own[row - place.row, first - place.col : after - place.col]
            codes[row - window.row, first - window.col : after - window.col] = line
        return codes

    def refusal(self, fault: int, pixel: Window) -> InputError:
        """See ChangeMap."""
        if fault != FAULT_GAIN or self.gain is None:
            return self.layers.refusal(fault, pixel)
        return _refusal(self.gain, pixel, expected="1 (gain) or 0")


@dataclass(frozen=True)
class ClassMap:
    """A layer whose codes each mean a map class.

    Attributes:
        mosaic: The checked layer.
        states: State of each code plus `offset`.
        offset: What is added to a code.
        known: The codes it may have, for messages.
    """

    mosaic: Mosaic
    states: Codes
    offset: int
    known: str

    @classmethod
    def open(
        cls,
        files: tuple[Path, ...],
        *,
        lattice: Lattice,
        classes: Mapping[MapClass, tuple[int, ...]],
        nodata: tuple[int, ...],
        band: int | None,
    ) -> ClassMap:
        """Check the files and the codes.

        Raises:
            InputError: A file cannot be used.
            GridError: A file is of another grid.
            ProjectError: A code means two classes.
        """
        mosaic = Mosaic.of("class map", files, lattice=lattice, kind="codes", band=band)
        limits = np.iinfo(mosaic.dtype)
        states = np.full(limits.max - limits.min + 1, FIRST_FAULT + FAULT_COVER, dtype=np.uint8)
        listed = [(UNSEEN, code) for code in nodata]
        listed += [(STATES_OF[name], code) for name, codes in classes.items() for code in codes]
        codes = [code for _, code in listed]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise ProjectError(
                "a code of the class map has two meanings",
                expected="each code in one map class, none of them nodata",
                found=", ".join(map(str, twice)),
                remedy="mend class_map.classes",
            )
        for state, code in listed:
            if limits.min <= code <= limits.max:
                states[code - limits.min] = state
        return cls(mosaic, states, -int(limits.min), ", ".join(map(str, sorted(codes))))

    @property
    def lattice(self) -> Lattice:
        """See ChangeMap."""
        return self.mosaic.lattice

    @property
    def mosaics(self) -> tuple[Mosaic, ...]:
        """See ChangeMap."""
        return (self.mosaic,)

    @property
    def base_year(self) -> int:
        """See ChangeMap."""
        return 0

    @property
    def by_zone(self) -> bool:
        """See ChangeMap."""
        return False

    def of_band(self, band: Band, rows_per_band: int) -> ClassMap:
        """See ChangeMap."""
        return self

    def read(self, windows: Sequence[Window]) -> list[Pixels]:
        """See ChangeMap."""
        fill = int(np.flatnonzero(self.states != LOSS)[0]) - self.offset
        read = self.mosaic.read_several(windows, fill=fill)
        return [Pixels(number_classes(codes, self.states, self.offset), None) for codes in read]

    def refusal(self, fault: int, pixel: Window) -> InputError:
        """See ChangeMap."""
        return _refusal(self.mosaic, pixel, expected=f"one of {self.known}")


def _refusal(mosaic: Mosaic, pixel: Window, *, expected: str) -> InputError:
    tile = next(tile for tile in mosaic.tiles if tile.window.intersection(pixel))
    row, column = pixel.row - tile.window.row, pixel.col - tile.window.col
    return InputError(
        f"a pixel of the layer {mosaic.layer} has a value that the map does not have",
        expected=expected,
        found=str(mosaic.read(pixel, fill=0)[0, 0]),
        where=f"{tile.path}, row {row}, column {column} ({mosaic.lattice.extent(pixel)})",
        remedy="check that the file is of the declared product version, or mend the classes of the map",
    )
