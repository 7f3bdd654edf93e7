"""Patches of lost forest: connected pixels lost in the same year, with their areas by zone and their shape.

Runs of lost pixels are read window by window and connected once over all rows, so no seam between windows or tiles can
cut a patch. Memory holds the runs of the landscape's loss (about 30 bytes each while they are connected), not its pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from raster.area import row_areas_um2
from raster.bands import Layers
from raster.connecting import connect
from raster.covering import check_covered
from raster.distance import UM_PER_M, PixelSides, gaps_to_earlier, pixel_sides, reach_pixels
from raster.forest_years import YearRuns, forest_years, joined, row_pointers, tile_windows, year_runs, zone_years
from raster.grid import Floats, Window
from raster.grouping import Groups, overlaps
from raster.parts import PLAIN, Part, Work
from raster.rules import ForestRule, LossLayers, ProductRule, Region
from raster.spans import Ints, Ints32
from raster.zoning import ZoneSpans, lay_zones


@dataclass(frozen=True)
class LossPatches:
    """Patches that hold a pixel of a zone, ordered by year and by row and column of the first pixel; arrays by patch.

    Attributes:
        code: Year of loss after the base year, shape (n,).
        row: Row of the first pixel on the lattice, in the order of rows, shape (n,).
        column: Its column, shape (n,).
        pixels: Pixels of the whole patch, shape (n,).
        area_um2: Area of the whole patch, square micrometres, n Python integers.
        is_whole: Whether no pixel lies at the edge of what was looked at, shape (n,).
        elongation: Length over width of the ellipse of the same second moments, 1 or more, shape (n,).
        earlier_loss_m: Distance to forest lost in an earlier year, metres; infinity beyond the reach; shape (n,).
        parts: What zones and strata take of the patches.
        runs: Runs of pixels of the patches.
        owner: Patch of each run.
    """

    code: NDArray[np.uint8]
    row: Ints32
    column: Ints32
    pixels: Ints
    area_um2: list[int]
    is_whole: NDArray[np.bool_]
    elongation: Floats
    earlier_loss_m: Floats
    parts: PatchParts
    runs: YearRuns
    owner: Ints


class PatchParts(NamedTuple):
    """What zones and strata take of patches, ordered by patch, zone and stratum; each of length n.

    Attributes:
        patch: Index of the patch.
        zone: Index of the zone.
        stratum: Index of the stratum, -1 outside every one.
        pixels: Pixels.
        area_um2: What they count, square micrometres, Python integers.
    """

    patch: Ints
    zone: Ints
    stratum: Ints
    pixels: Ints
    area_um2: list[int]


def patch_window(region: Region, *, product: ProductRule, beyond_m: float = 0.0) -> Window:
    """Return the pixels in which patches are looked for: the bounds of the zones and `beyond_m` metres around them."""
    window = region.window(product.lattice)
    return window.expand(reach_pixels(window, lattice=product.lattice, metres=beyond_m, earth=region.earth))


def measure_patches(
    layers: LossLayers,
    region: Region,
    *,
    product: ProductRule,
    forest: ForestRule,
    years: tuple[int, int],
    earlier_within_m: float,
    work: Work = PLAIN,
) -> LossPatches:
    """Find the patches of forest lost in some years, each whole, with what every zone takes of it.

    Pixels belong to one patch that were forest, were lost in the same year and touch by the connectivity of the forest
    definition. Patches are followed within the bounds of all zones together and `earlier_within_m` around them, across
    zone borders; where patches of forest are those of a zone, patches of loss, and the loss before them, are the zone's.

    Args:
        layers: Tiles of one product version, in any order.
        region: Zones and strata.
        product: Codes and grid.
        forest: What is forest.
        years: First and last calendar year of loss.
        earlier_within_m: How far to look for earlier loss.
        work: How windows are read.

    Raises:
        InputError: A tile cannot be used or lacks.
        GridError: A tile is of another grid.
        ProjectError: The region does not hold.
    """
    cells = Layers.open(layers, product, forest, region.earth)
    spans = lay_zones(region, product.lattice)
    for mosaic in cells.mosaics:
        check_covered(spans, mosaic, region.zones)
    codes = range(max(1, years[0] - product.base_year), min(product.years, years[1] - product.base_year) + 1)
    groups: list[list[Part[YearRuns]]]
    if forest.filters_patches and forest.patch_extent == "zone":
        domains: list[tuple[ZoneSpans, Window | None]] = [
            (spans.pick(spans.zone == zone), None) for zone in range(len(region.zones))
        ]
        groups = [[_ZonePart(cells, own, codes.stop - 1, work.rows_per_band)] for own, _ in domains]
    else:
        window = patch_window(region, product=product, beyond_m=earlier_within_m)
        looked_at = window.intersection(cells.loss_year.extent)
        domains = [(spans, looked_at)]
        groups = [
            [
                _WindowPart(cells, tile, band, codes.stop - 1)
                for tile, band in tile_windows(cells.loss_year, window, work.rows_per_band)
            ]
        ]
    found = list(work.do("find patches of loss", [part for group in groups for part in group]))
    pieces, low = [], 0
    for group, (own, edge) in zip(groups, domains, strict=True):
        runs = joined(found[low : low + len(group)])
        pieces.append(_assemble(runs, own, cells, codes, edge=edge, within_m=earlier_within_m))
        low += len(group)
    return _together(pieces)


@dataclass(frozen=True)
class _WindowPart:
    """Reads the lost forest of a few rows of a tile."""

    layers: Layers
    tile: int
    window: Window
    last: int

    def run(self) -> YearRuns:
        """See Part."""
        return year_runs(forest_years(self.layers, self.window), self.window, last=self.last)


@dataclass(frozen=True)
class _ZonePart:
    """Reads the lost forest of a zone."""

    layers: Layers
    spans: ZoneSpans
    last: int
    rows_per_band: int

    @property
    def tile(self) -> int:
        """See Part."""
        return 0

    def run(self) -> YearRuns:
        """See Part."""
        years = zone_years(self.layers, self.spans, rows_per_band=self.rows_per_band)
        return year_runs(years, self.spans.window, last=self.last)


def _assemble(
    runs: YearRuns, spans: ZoneSpans, layers: Layers, codes: range, *, edge: Window | None, within_m: float
) -> LossPatches:
    """Connect all runs of a domain and keep the patches of the asked years that a zone takes a pixel of."""
    row = int(runs.row[0]) if len(runs.row) else 0
    height = int(runs.row[-1]) + 1 - row if len(runs.row) else 0
    first = row_pointers(runs.row, row, row + height)
    root = connect(first, runs.start, runs.stop, runs.value, layers.forest.reach)
    hit, taker, overlap = overlaps(runs, first, row, spans.row, spans.start, spans.stop)
    asked = (runs.value[hit] >= codes.start) & (runs.value[hit] < codes.stop)
    hit, taker, overlap = hit[asked], taker[asked], overlap[asked]
    # The root of a patch is its first run, and so holds its first pixel.
    heads = np.unique(root[hit])
    heads = heads[np.argsort(runs.value[heads], kind="stable")]
    place = np.full(len(root), -1, dtype=np.int64)
    place[heads] = np.arange(len(heads))
    owner = place[root]
    lattice, earth = layers.product.lattice, layers.earth
    sides = pixel_sides(lattice, row=row, height=height, earth=earth)
    earlier = gaps_to_earlier(runs, owner, len(heads), first=first, row=row, sides=sides, within_m=within_m)
    parts = _parts(place[root[hit]], taker, overlap, spans)
    mine = np.flatnonzero(owner >= 0)
    own, owner = runs.pick(mine), owner[mine]
    areas = row_areas_um2(lattice, row=row, height=height, earth=earth)
    groups = Groups.of(owner)
    lengths = (own.stop - own.start).astype(np.int64)
    whole = np.ones(len(heads), dtype=np.bool_)
    if edge is not None:
        beyond = (own.row == edge.row) | (own.row == edge.row_stop - 1)
        beyond |= (own.start == edge.col) | (own.stop == edge.col_stop)
        whole[owner[beyond]] = False
    return LossPatches(
        code=runs.value[heads],
        row=runs.row[heads],
        column=runs.start[heads],
        pixels=groups.sums(lengths),
        area_um2=groups.areas(lengths, areas[own.row - row]),
        is_whole=whole,
        elongation=_elongation(own, owner, groups, sides, row),
        earlier_loss_m=earlier,
        parts=parts,
        runs=own,
        owner=owner,
    )


def _parts(patch: Ints, taker: Ints, overlap: Ints, spans: ZoneSpans) -> PatchParts:
    strata = int(spans.stratum.max()) + 2
    pair = spans.zone.astype(np.int64) * strata + spans.stratum + 1
    pairs = int(pair.max()) + 1
    groups = Groups.of(patch * pairs + pair[taker])
    key = groups.keys
    return PatchParts(
        patch=key // pairs,
        zone=key % pairs // strata,
        stratum=key % pairs % strata - 1,
        pixels=groups.sums(overlap),
        area_um2=groups.areas(overlap, spans.area_um2[taker]),
    )


def _together(pieces: Sequence[LossPatches]) -> LossPatches:
    """Put the patches of several domains into one table; they stay apart where domains overlap."""
    offsets = np.cumsum([0, *(len(piece.code) for piece in pieces)])
    shifted = list(zip(pieces, offsets[:-1].tolist(), strict=True))

    def column(name: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(piece, name) for piece in pieces])

    return LossPatches(
        **{name: column(name) for name in ("code", "row", "column", "pixels", "is_whole", "elongation")},  # type: ignore[arg-type]
        earlier_loss_m=np.concatenate([piece.earlier_loss_m for piece in pieces]),
        area_um2=[area for piece in pieces for area in piece.area_um2],
        parts=PatchParts(
            patch=np.concatenate([piece.parts.patch + offset for piece, offset in shifted]),
            zone=np.concatenate([piece.parts.zone for piece in pieces]),
            stratum=np.concatenate([piece.parts.stratum for piece in pieces]),
            pixels=np.concatenate([piece.parts.pixels for piece in pieces]),
            area_um2=[area for piece in pieces for area in piece.parts.area_um2],
        ),
        runs=YearRuns.concatenate([piece.runs for piece in pieces]),
        owner=np.concatenate([piece.owner + offset for piece, offset in shifted]),
    )


def _elongation(runs: YearRuns, owner: Ints, groups: Groups, sides: PixelSides, row: int) -> Floats:
    """Return the ratio of the axes of the ellipse with a patch's second moments, its pixels being rectangles in metres."""
    if not len(owner):
        return np.empty(0)
    head = groups.order[groups.starts]
    # Counted from the patch's first run, whole numbers stay small and sums of them exact.
    line = (runs.row - runs.row[head][owner]).astype(np.int64)
    left = (runs.start - runs.start[head][owner]).astype(np.int64)
    count = (runs.stop - runs.start).astype(np.int64)
    right = left + count - 1
    linear = count * (left + right) // 2
    squares = (right * (right + 1) * (2 * right + 1) - (left - 1) * left * (2 * left - 1)) // 6
    n, x, y = (groups.sums(values).astype(np.float64) for values in (count, linear, count * line))
    xx, yy, xy = (groups.sums(values).astype(np.float64) for values in (squares, count * line * line, linear * line))
    across, down = sides.top[runs.row[head] - row] / UM_PER_M, sides.height[runs.row[head] - row] / UM_PER_M
    var_x = (xx / n - (x / n) ** 2 + 1 / 12) * across**2
    var_y = (yy / n - (y / n) ** 2 + 1 / 12) * down**2
    both = (xy / n - x * y / n**2) * across * down
    middle, half = (var_x + var_y) / 2, np.sqrt(((var_x - var_y) / 2) ** 2 + both**2)
    return np.asarray(np.sqrt((middle + half) / (middle - half)), dtype=np.float64)
