"""How broken up the forest of a zone is at the end of a year: core and edge, length of edge, and patches.

All years are found in one reading: a pixel's year of loss says when it stops being forest, the earliest loss within the
depth of the edge when it stops being core, and a side is an edge from the loss on one hand to the loss on the other.
Sums are whole square micrometres and micrometres, so no window, tile or order can change a digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from raster.area import WGS84, EarthModel
from raster.bands import Layers
from raster.connecting import connect
from raster.distance import PixelSides, pixel_sides, reach_pixels
from raster.forest_edge import core_until, edge_sums
from raster.forest_years import UNSEEN, YearRuns, Years, forest_years, row_pointers, zone_years
from raster.grid import Window
from raster.grouping import Groups
from raster.parts import PLAIN, Band, Work, lay_out
from raster.rules import ForestRule, LossLayers, ProductRule, Region
from raster.spans import Ints, Ints32
from raster.zoning import ZoneSpans


@dataclass(frozen=True)
class ForestShape:
    """The forest of a zone at the end of a year.

    Attributes:
        zone_id: The zone.
        year: The year.
        forest_um2: Forest, square micrometres.
        core_um2: Forest with no pixel of open land within the depth of the edge, from centre to centre.
        edge_um: Length of pixel sides between forest of the zone and open land, micrometres; the zone's border is none.
        patches: Connected pieces of the zone's forest.
        patches_min_area: Those of them that reach the minimum area of the forest rule, each by its part in the zone.
        below_min_um2: Forest in the others, square micrometres.
        largest_um2: Area of the largest piece, square micrometres.
    """

    zone_id: str
    year: int
    forest_um2: int
    core_um2: int
    edge_um: int
    patches: int
    patches_min_area: int
    below_min_um2: int
    largest_um2: int


def edge_pixels(window: Window, *, product: ProductRule, edge_depth_m: float, earth: EarthModel = WGS84) -> int:
    """Return how many pixels around a window decide about its edges."""
    return reach_pixels(window, lattice=product.lattice, metres=edge_depth_m, earth=earth) + 1


def measure_fragmentation(
    layers: LossLayers,
    region: Region,
    *,
    product: ProductRule,
    forest: ForestRule,
    years: tuple[int, int],
    edge_depth_m: float,
    work: Work = PLAIN,
) -> list[ForestShape]:
    """Measure forest, core, edge and patches of each zone at the end of each year.

    Forest is that of the loss measurement: forest at the product's start, less what was lost. Open land is what was
    observed and is not forest, water too; pixels not observed are neither and make no edge. Beyond the zone's border the
    forest goes on as the rasters have it. Where zones count pixels by the part covered, areas do too, and a side counts
    where half of its forest pixel or more lies in the zone.

    Args:
        layers: Tiles of one product version, in any order.
        region: Zones; its strata do not divide them here.
        product: Codes and grid.
        forest: What is forest; its connectivity is that of the patches.
        years: First and last year, within those of the product.
        edge_depth_m: How deep the edge reaches into the forest.
        work: How it is done.

    Returns:
        One record for each zone and year, in the order of zones and years.

    Raises:
        InputError: A tile cannot be used or lacks.
        GridError: A tile is of another grid.
        ProjectError: The region does not hold.
    """
    cells = Layers.open(layers, product, forest, region.earth)
    by_zone = forest.filters_patches and forest.patch_extent == "zone"
    layout = lay_out(region.undivided, lattice=product.lattice, mosaics=cells.mosaics, work=work, whole_zones=by_zone)
    codes = range(years[0] - product.base_year, years[1] - product.base_year + 1)
    rows_per_band = work.rows_per_band if by_zone else None
    parts = [_ShapePart(band, cells, codes, edge_depth_m, rows_per_band) for band in layout.bands]
    found: dict[tuple[int, int], list[_Piece]] = {}
    for pieces in work.do("measure fragmentation", parts):
        for piece in pieces:
            found.setdefault((piece.zone, piece.code), []).append(piece)
    return [_together(found[zone, code], region.zones[zone].id, product, forest) for zone, code in sorted(found)]


@dataclass(frozen=True)
class _Piece:
    """One zone's forest at the end of one year in one window.

    Attributes:
        zone: Index of the zone.
        code: The year after the base year.
        forest_um2, core_um2, edge_um: See ForestShape.
        closed: Patches that touch no border of the window.
        closed_min_area: Those of them that reach the minimum area.
        closed_below_um2: Area of the others.
        largest_um2: The largest of these.
        seam: Runs of the zone's forest that touch the border of the window.
        patch: Patch of each of these runs, from 0.
        patch_um2: Area of each of these patches.
    """

    zone: int
    code: int
    forest_um2: int
    core_um2: int
    edge_um: int
    closed: int
    closed_min_area: int
    closed_below_um2: int
    largest_um2: int
    seam: YearRuns
    patch: Ints
    patch_um2: list[int]


@dataclass(frozen=True)
class _ShapePart:
    """Measures the zones of a band."""

    band: Band
    layers: Layers
    codes: range
    edge_depth_m: float
    rows_per_band: int | None

    @property
    def tile(self) -> int:
        """See Part."""
        return self.band.tile

    def run(self) -> list[_Piece]:
        """See Part."""
        layers, spans = self.layers, self.band.spans()
        window = spans.window
        margin = edge_pixels(window, product=layers.product, edge_depth_m=self.edge_depth_m, earth=layers.earth)
        wide = window.expand(margin)
        years = forest_years(layers, wide)
        if self.rows_per_band is not None:
            # What the zone's own patches leave of its forest; beyond the zone the forest is the landscape's.
            own = zone_years(layers, spans, rows_per_band=self.rows_per_band)
            inner = years[margin : margin + window.height, margin : margin + window.width]
            _paste(inner, own, spans.row - window.row, spans.start - window.col, spans.stop - window.col)
        sides = pixel_sides(layers.product.lattice, row=wide.row, height=wide.height, earth=layers.earth)
        core = core_until(years, sides, self.edge_depth_m, margin)
        years = np.ascontiguousarray(
            years[margin - 1 : window.height + margin + 1, margin - 1 : window.width + margin + 1]
        )
        near = PixelSides(sides.top[margin:-margin], sides.height[margin:-margin])
        areas = layers.row_areas(window)
        pieces = []
        for zone in np.unique(spans.zone).tolist():
            own_spans = spans.pick(spans.zone == zone)
            sums = edge_sums(years, core, own_spans, window, near, areas, self.codes)
            for index, code in enumerate(self.codes):
                figures = [sums.integer(field, index) for field in range(3)]
                pieces.append(_patches(years, own_spans, window, layers.forest, zone, code, figures))
        return pieces


@njit(cache=True, nogil=True)
def _paste(target: Years, source: Years, row: Ints32, start: Ints32, stop: Ints32) -> None:
    for span in range(len(row)):
        target[row[span], start[span] : stop[span]] = source[row[span], start[span] : stop[span]]


def _patches(
    years: Years, spans: ZoneSpans, window: Window, forest: ForestRule, zone: int, code: int, figures: list[int]
) -> _Piece:
    """Connect the zone's forest at the end of a year within a window."""
    row, start, stop, span = _forest_runs(
        years, (spans.row - window.row).astype(np.int64), spans.start - window.col, spans.stop - window.col, code
    )
    order = np.lexsort((start, row))
    row, start, stop, area = row[order], start[order], stop[order], spans.area_um2[span[order]]
    runs, member = _touching(row, start, stop)
    root = connect(row_pointers(runs.row, 0, window.height), runs.start, runs.stop, runs.value, forest.reach)
    groups = Groups.of(root[member].astype(np.int64))
    areas = groups.areas((stop - start).astype(np.int64), area)
    place = np.searchsorted(groups.keys, root)
    seam = np.flatnonzero(
        (runs.row == 0) | (runs.row == window.height - 1) | (runs.start == 0) | (runs.stop == window.width)
    )
    opened = np.zeros(len(areas), dtype=np.bool_)
    opened[place[seam]] = True
    edge = runs.pick(seam)
    closed = [one for one, is_open in zip(areas, opened.tolist(), strict=True) if not is_open]
    return _Piece(
        zone=zone,
        code=code,
        forest_um2=figures[0],
        core_um2=figures[1],
        edge_um=figures[2],
        closed=len(closed),
        closed_min_area=sum(forest.keeps(one) for one in closed),
        closed_below_um2=sum(one for one in closed if not forest.keeps(one)),
        largest_um2=max(closed, default=0),
        seam=edge._replace(
            row=edge.row + np.int32(window.row),
            start=edge.start + np.int32(window.col),
            stop=edge.stop + np.int32(window.col),
        ),
        patch=(np.cumsum(opened) - 1)[place[seam]],
        patch_um2=[one for one, is_open in zip(areas, opened.tolist(), strict=True) if is_open],
    )


def _touching(row: Ints32, start: Ints32, stop: Ints32) -> tuple[YearRuns, Ints]:
    """Make runs (ordered by row and column) that touch in a row one; return them and the new run of each old one."""
    apart = np.ones(len(row), dtype=np.bool_)
    apart[1:] = (row[1:] != row[:-1]) | (start[1:] != stop[:-1])
    first = np.flatnonzero(apart)
    last = np.append(first[1:], len(row))[: len(first)] - 1
    value = np.ones(len(first), dtype=np.uint8)
    return YearRuns(row[first], start[first], stop[last], value), (np.cumsum(apart) - 1).astype(np.int64)


@njit(cache=True, nogil=True)
def _forest_runs(
    years: Years, row: Ints, start: Ints32, stop: Ints32, code: int
) -> tuple[Ints32, Ints32, Ints32, Ints]:
    """Collect the runs of forest at the end of a year in each span; counted first, then written."""
    out_row, out_start = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32)
    out_stop, out_span = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64)
    for write in (False, True):
        count = 0
        for span in range(len(row)):
            before = False
            for column in range(start[span], stop[span] + 1):
                value = years[row[span] + 1, column + 1]
                now = column < stop[span] and value > code and value != UNSEEN
                if now and not before:
                    if write:
                        out_row[count], out_start[count], out_span[count] = row[span], column, span
                    count += 1
                elif before and not now and write:
                    out_stop[count - 1] = column
                before = now
        if not write:
            out_row, out_start = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int32)
            out_stop, out_span = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int64)
    return out_row, out_start, out_stop, out_span


def _together(pieces: Sequence[_Piece], zone_id: str, product: ProductRule, forest: ForestRule) -> ForestShape:
    """Add up the windows of a zone, and make patches that reach borders of windows one where they touch."""
    offsets = np.cumsum([0, *(len(piece.patch_um2) for piece in pieces)])
    runs = YearRuns.concatenate([piece.seam for piece in pieces])
    node = np.concatenate([piece.patch + offset for piece, offset in zip(pieces, offsets[:-1], strict=True)])
    order = np.lexsort((runs.start, runs.row))
    runs, node = runs.pick(order), node[order]
    joined, member = _touching(runs.row, runs.start, runs.stop)
    low, high = (int(joined.row[0]), int(joined.row[-1]) + 1) if len(joined.row) else (0, 0)
    root = connect(row_pointers(joined.row, low, high), joined.start, joined.stop, joined.value, forest.reach)
    total = int(offsets[-1])
    links = coo_array(
        (np.ones(len(node), dtype=np.int8), (node, total + root[member].astype(np.int64))),
        shape=(total + len(root), total + len(root)),
    )
    label = connected_components(links, directed=False)[1][:total]
    sums: dict[int, int] = {}
    areas = [area for piece in pieces for area in piece.patch_um2]
    for patch, area in zip(label.tolist(), areas, strict=True):
        sums[patch] = sums.get(patch, 0) + area
    return ForestShape(
        zone_id=zone_id,
        year=product.base_year + pieces[0].code,
        forest_um2=sum(piece.forest_um2 for piece in pieces),
        core_um2=sum(piece.core_um2 for piece in pieces),
        edge_um=sum(piece.edge_um for piece in pieces),
        patches=sum(piece.closed for piece in pieces) + len(sums),
        patches_min_area=sum(piece.closed_min_area for piece in pieces) + sum(map(forest.keeps, sums.values())),
        below_min_um2=sum(piece.closed_below_um2 for piece in pieces)
        + sum(area for area in sums.values() if not forest.keeps(area)),
        largest_um2=max([*sums.values(), *(piece.largest_um2 for piece in pieces)]),
    )
