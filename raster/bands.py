"""The parts of the loss measurement: what a band of rows, or a whole zone, reads and counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mrv.errors import InputError, ProjectError
from raster.area import EarthModel, row_areas_um2
from raster.crosstab import (
    FAULT_COVER,
    FAULT_EMISSIONS,
    FAULT_LOSS,
    MAX_EMISSIONS_MG,
    CodeBook,
    Plane,
    Runs,
    Tally,
    classify,
    tally_runs,
)
from raster.grid import Window
from raster.mosaic import Mosaic
from raster.parts import Band, row_slices
from raster.patches import Partial, patch_margin, remove_small_patches
from raster.reading import Kind
from raster.rules import FOREST, INVALID, NODATA, NON_FOREST, UNREAD, ForestRule, LossLayers, ProductRule
from raster.spans import Ints
from raster.zoning import ZoneSpans

Codes = NDArray[np.uint8]
MAX_ZONE_PIXELS = 150_000_000
"""With patches by zone, a zone's bounds are held in memory: one byte a pixel and about four more for its runs."""
CODES_AS_THEY_ARE = np.array([NODATA, NON_FOREST, FOREST, NODATA, INVALID, *[INVALID] * 251], dtype=np.uint8)
"""The code of each cover code, where cover values were replaced by their codes already."""
_NO_EMISSIONS = np.empty((0, 0), dtype=np.float32)


@dataclass(frozen=True)
class Layers:
    """The checked layers of one measurement, with the rules to read them."""

    tree_cover: Mosaic
    loss_year: Mosaic
    datamask: Mosaic | None
    emissions: Mosaic | None
    product: ProductRule
    forest: ForestRule
    earth: EarthModel

    @classmethod
    def open(cls, files: LossLayers, product: ProductRule, forest: ForestRule, earth: EarthModel) -> Layers:
        """Check every file.

        Raises:
            InputError: A file cannot be used.
            GridError: A file is of another grid.
        """

        def mosaic(layer: str, paths: Sequence[Path], kind: Kind = "classes") -> Mosaic:
            known = None if product.known_nodata is None else product.known_nodata[layer]
            return Mosaic.of(layer, paths, lattice=product.lattice, kind=kind, known_nodata=known)

        return cls(
            mosaic("tree_cover", files.tree_cover),
            mosaic("loss_year", files.loss_year),
            mosaic("datamask", files.datamask) if files.datamask else None,
            mosaic("emissions", files.emissions, "measure") if files.emissions else None,
            product,
            forest,
            earth,
        )

    @property
    def mosaics(self) -> tuple[Mosaic, ...]:
        """The layers there are."""
        layers = (self.tree_cover, self.loss_year, self.datamask, self.emissions)
        return tuple(layer for layer in layers if layer)

    def read_codes(self, window: Window) -> Codes:
        """Return the cover code of each pixel of a window, before patches are looked at."""
        codes: Codes = self.tree_cover.read(window, fill=0)
        classify(codes, self.forest.cover_codes(self.product))
        if self.datamask:
            mask = self.datamask.read(window, fill=self.product.datamask_land)
            codes[(mask != self.product.datamask_land) & (codes == FOREST)] = NON_FOREST
            codes[np.isin(mask, self.product.datamask_nodata)] = NODATA
        _mark_unread(codes, window, self.tree_cover)
        return codes

    def read_cover(self, window: Window) -> tuple[Plane, Codes]:
        """Return cover values that hold a window, and the code of each value, small patches of the landscape taken out.

        Without patches and data mask the values are those of the file. Pixels that no tile holds are UNREAD, or no forest.
        """
        if self.read_as_stored:
            cover = self.tree_cover.read(window, fill=0)
            return Plane(cover, window.row, window.col), self.forest.cover_codes(self.product)
        margin = patch_margin(window, lattice=self.product.lattice, forest=self.forest, earth=self.earth)
        wide = window.expand(margin)
        cover = self.read_codes(wide)
        if margin:
            areas = self.row_areas(wide)
            remove_small_patches(cover, row_area_um2=areas, forest=self.forest, open_edges=True)
        return Plane(cover, wide.row, wide.col), CODES_AS_THEY_ARE

    @property
    def read_as_stored(self) -> bool:
        """Whether nothing but the tree cover of a pixel decides about its cover code."""
        return not self.datamask and not (self.forest.filters_patches and self.forest.patch_extent == "landscape")

    def row_areas(self, window: Window) -> Ints:
        """Return the area of a pixel of each row of a window, um2."""
        return row_areas_um2(self.product.lattice, row=window.row, height=window.height, earth=self.earth)

    def count(self, spans: ZoneSpans, group: Ints, cover: Plane, codes: Codes, tally: Tally) -> None:
        """Add runs of pixels to a tally.

        Args:
            spans: The runs; loss and emissions are read over their window.
            group: Group of each run in the tally.
            cover: Cover values.
            codes: Code of each cover value, shape (256,).
            tally: Changed in place.

        Raises:
            InputError: A pixel has a value that the product does not have.
        """
        window = spans.window
        loss = self.loss_year.read(window, fill=0)
        emissions, nodata = _NO_EMISSIONS, float("nan")
        if self.emissions:
            emissions = self.emissions.read(window, fill=float("nan"))
            declared = self.emissions.nodata
            nodata = nodata if declared is None else declared
        fault, row, column = tally_runs(
            Runs(spans.row, spans.start, spans.stop, group, spans.area_um2),
            cover,
            Plane(loss, window.row, window.col),
            Plane(emissions, window.row, window.col),
            CodeBook.of(
                codes, years=self.product.years, loss_unknown=self.product.loss_year_nodata, emissions_nodata=nodata
            ),
            tally,
        )
        if fault:
            raise self.refusal(fault, Window(row, column, 1, 1))

    def refusal(self, fault: int, pixel: Window) -> InputError:
        """Return the refusal of a pixel whose value of a layer, named by the fault of the kernel, the product does not have."""
        product = self.product
        layer, expected = {
            FAULT_COVER: (self.tree_cover, f"0 to 100, or nodata {product.tree_cover_nodata}"),
            FAULT_LOSS: (self.loss_year, f"0 to {product.years} (the year {product.last_year})"),
            FAULT_EMISSIONS: (self.emissions or self.tree_cover, f"0 to {MAX_EMISSIONS_MG:g} Mg CO2e, or nodata"),
        }[fault]
        tile = next(tile for tile in layer.tiles if tile.window.intersection(pixel))
        row, column = pixel.row - tile.window.row, pixel.col - tile.window.col
        return InputError(
            f"a pixel of the layer {layer.layer} has a value that {product.product} {product.version} does not have",
            expected=expected,
            found=str(layer.read(pixel, fill=0)[0, 0]),
            where=f"{tile.path}, row {row}, column {column} ({product.lattice.extent(pixel)})",
            remedy="check that the file is of the declared product version, or mend the rule of the product",
        )


def _mark_unread(codes: Codes, window: Window, mosaic: Mosaic) -> None:
    """Give the code UNREAD to pixels of a window that no tile holds."""
    parts = [part for tile in mosaic.tiles if (part := tile.window.intersection(window))]
    rows = {window.row, window.row_stop, *(edge for part in parts for edge in (part.row, part.row_stop))}
    for top, bottom in pairwise(sorted(rows)):
        lines, column = codes[top - window.row : bottom - window.row], window.col
        for part in sorted(parts, key=lambda part: part.col):
            if part.row <= top and bottom <= part.row_stop:
                lines[:, column - window.col : part.col - window.col] = UNREAD
                column = part.col_stop
        lines[:, column - window.col :] = UNREAD


class Counted(NamedTuple):
    """What a part counted: numbers of its groups (see `Band.groups`) and their sums, group i of the tally is `groups[i]`."""

    groups: Ints
    tally: Tally


@dataclass(frozen=True)
class BandPart:
    """Counts a band; patches are those of the landscape.

    Each band reads the margin that decides about its patches, so bands give what the whole region would give.
    """

    band: Band
    layers: Layers

    @property
    def tile(self) -> int:
        """See Part."""
        return self.band.tile

    def run(self) -> Counted:
        """Read and count."""
        layers, spans = self.layers, self.band.spans()
        groups, local = self.band.groups(spans)
        cover, codes = layers.read_cover(spans.window)
        sums = Tally.zero(len(groups), layers.product.years)
        layers.count(spans, local, cover, codes, sums)
        return Counted(groups, sums)


@dataclass(frozen=True)
class ZonePart:
    """Counts a zone; patches are made of the zone's own pixels, each by the area it counts."""

    band: Band
    layers: Layers
    rows_per_band: int

    @property
    def tile(self) -> int:
        """See Part."""
        return self.band.tile

    def run(self) -> Counted:
        """Read and count.

        Raises:
            ProjectError: The zone is too large to be held in memory.
        """
        layers, spans = self.layers, self.band.spans()
        window = spans.window
        plane = Plane(zone_codes(layers, spans, rows_per_band=self.rows_per_band), window.row, window.col)
        groups, _ = self.band.groups(spans)
        sums = Tally.zero(len(groups), layers.product.years)
        for part in row_slices(spans, layers.mosaics, self.rows_per_band):
            numbers, local = self.band.groups(part)
            layers.count(part, np.searchsorted(groups, numbers)[local], plane, CODES_AS_THEY_ARE, sums)
        return Counted(groups, sums)


def zone_codes(layers: Layers, spans: ZoneSpans, *, rows_per_band: int) -> Codes:
    """Return the codes of a zone's own pixels (nodata elsewhere) over its bounds, small patches of the zone taken out.

    Raises:
        ProjectError: The zone is too large to be held in memory.
    """
    window = spans.window
    if window.pixels > MAX_ZONE_PIXELS:
        raise ProjectError(
            "a zone is too large for patches by zone",
            expected=f"bounds of at most {MAX_ZONE_PIXELS} pixels",
            found=f"{window.height} x {window.width} pixels",
            where=layers.product.lattice.extent(window),
            remedy="set forest_definition.patch_extent to landscape",
        )
    own = np.zeros((window.height, window.width), dtype=np.uint8)
    for part in row_slices(spans, layers.mosaics, rows_per_band):
        _copy_own(part, layers, own, window)
    remove_small_patches(
        own,
        row_area_um2=layers.row_areas(window),
        forest=layers.forest,
        open_edges=False,
        partial=_partial(spans, window),
    )
    return own


def _copy_own(spans: ZoneSpans, layers: Layers, own: Codes, origin: Window) -> None:
    """Copy the codes of a zone's pixels into its array, which is nodata elsewhere."""
    window = spans.window
    codes = layers.read_codes(window)
    for row, start, stop in zip(spans.row.tolist(), spans.start.tolist(), spans.stop.tolist(), strict=True):
        line = codes[row - window.row, start - window.col : stop - window.col]
        own[row - origin.row, start - origin.col : stop - origin.col] = line


def _partial(spans: ZoneSpans, window: Window) -> Partial:
    single = spans.pick(spans.partial)
    order = np.lexsort((single.start, single.row))
    row = single.row[order] - window.row
    first = np.searchsorted(row, np.arange(window.height + 1)).astype(np.int64)
    return Partial(first, (single.start[order] - window.col).astype(np.int64), single.area_um2[order])
