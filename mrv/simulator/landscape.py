"""A landscape from a seed: relief, forest, rivers and clearings over a project's zones. Nothing in it is real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from mrv.boundaries import Zone

PIXELS_PER_DEG = 4000
WEST_DEG, NORTH_DEG = -180, 80
CELL = 8
"""Pixels along one side of a cell: relief and pressure are made per cell, forest per pixel."""
MARGIN_CELLS = 12
BLOCK_ROWS = 64
FIRST_YEAR, LAST_YEAR, BASE_YEAR = 2001, 2024, 2000
PROJECT_START = 2010

Bytes2D = NDArray[np.uint8]
Floats2D = NDArray[np.float32]
Mask2D = NDArray[np.bool_]


@dataclass(frozen=True)
class Landscape:
    """Layers of one rectangle on the lattice of Global Forest Change.

    Attributes:
        seed: What it was made from.
        row, column: Lattice offsets of the first pixel, from 80 N and 180 W.
        tree_cover: Canopy cover in 2000, per cent, shape (rows, columns).
        loss_year: 0, or years after 2000, the same shape.
        datamask: 1 land, 2 water, the same shape.
        clearings: Year after 2000, row and column of the centre of each clearing, shape (n, 3), in lattice offsets.
    """

    seed: int
    row: int
    column: int
    tree_cover: Bytes2D
    loss_year: Bytes2D
    datamask: Bytes2D
    clearings: NDArray[np.int64]


@dataclass(frozen=True)
class _Frame:
    """The rectangle in lattice pixels, a whole number of cells."""

    row: int
    column: int
    cell_rows: int
    cell_columns: int

    def centres(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Longitudes and latitudes of the cells' centres."""
        columns = self.column + CELL * np.arange(self.cell_columns) + CELL / 2
        rows = self.row + CELL * np.arange(self.cell_rows) + CELL / 2
        return WEST_DEG + columns / PIXELS_PER_DEG, NORTH_DEG - rows / PIXELS_PER_DEG


def make_landscape(seed: int, zones: Sequence[Zone]) -> Landscape:
    """Make the landscape of a project's zones.

    Forest is lost in clusters that spread from valleys: slowly in the project area once the project began, fast and
    faster in the leakage belt and the reference region. The same seed and zones give the same bytes.

    Args:
        seed: Any whole number.
        zones: Zones of the project; their kinds set how fast forest is lost.
    """
    frame = _frame(zones)
    rng = np.random.Generator(np.random.PCG64(seed))
    shape = (frame.cell_rows, frame.cell_columns)
    relief = _noise(rng, shape, (160, 80, 40, 16, 6))
    valleys = np.abs(_noise(rng, shape, (200, 90, 40)))
    patches = _noise(rng, shape, (24, 10, 4))
    elevation = relief + _eastward(frame)
    farmed = (np.float32(0.16) - valleys) * 5 + patches * 1.6 - elevation * np.float32(0.5)
    cover = _cover_per_cell(elevation, farmed, patches, inside=_mask(zones, {"project_area"}, frame))
    tree_cover, datamask = _pixels(rng, cover, valleys)
    loss_year, clearings = _clear(rng, frame, zones, tree_cover, valleys=valleys, elevation=elevation)
    loss_year[datamask != 1] = 0
    return Landscape(seed, frame.row, frame.column, tree_cover, loss_year, datamask, clearings)


def _frame(zones: Sequence[Zone]) -> _Frame:
    west, south, east, north = shapely.total_bounds([zone.geometry for zone in zones])
    left = int((west - WEST_DEG) * PIXELS_PER_DEG) // CELL - MARGIN_CELLS
    right = int((east - WEST_DEG) * PIXELS_PER_DEG) // CELL + 1 + MARGIN_CELLS
    top = int((NORTH_DEG - north) * PIXELS_PER_DEG) // CELL - MARGIN_CELLS
    bottom = int((NORTH_DEG - south) * PIXELS_PER_DEG) // CELL + 1 + MARGIN_CELLS
    return _Frame(top * CELL, left * CELL, bottom - top, right - left)


def _noise(rng: np.random.Generator, shape: tuple[int, int], scales: Sequence[int]) -> Floats2D:
    """Sum smooth random surfaces of several wavelengths (in cells), each weighted by its wavelength; sd about 1."""
    total = np.zeros(shape, dtype=np.float64)
    for scale in scales:
        knots = rng.standard_normal((shape[0] // scale + 4, shape[1] // scale + 4))
        surface = ndimage.zoom(knots, scale, order=3)
        total += surface[scale : scale + shape[0], scale : scale + shape[1]] * scale**0.7
    norm = sum(scale**1.4 for scale in scales) ** 0.5
    result: Floats2D = (total / norm).astype(np.float32)
    return result


def _eastward(frame: _Frame) -> Floats2D:
    """The Andes: high in the west, falling to the east, from about 1.6 to -1.6."""
    slope = np.linspace(1.6, -1.6, frame.cell_columns, dtype=np.float32)
    return np.broadcast_to(slope, (frame.cell_rows, frame.cell_columns))


def _mask(zones: Sequence[Zone], kinds: set[str], frame: _Frame) -> Mask2D:
    """Tell which cells have their centre in zones of these kinds."""
    longitudes, latitudes = frame.centres()
    result = np.zeros((latitudes.size, longitudes.size), dtype=np.bool_)
    for zone in zones:
        if zone.kind in kinds:
            shapely.prepare(zone.geometry)
            for row, latitude in enumerate(latitudes):
                result[row] |= shapely.contains_xy(zone.geometry, longitudes, latitude)
    return result


def _cover_per_cell(elevation: Floats2D, farmed: Floats2D, patches: Floats2D, *, inside: Mask2D) -> Floats2D:
    """Canopy cover in 2000: closed forest, farmland along the valleys, and grassland above the tree line."""
    cover = 94 + 4 * np.clip(patches, -1, 1)
    fields = np.clip(farmed - np.where(inside, np.float32(1.2), np.float32(0.55)), 0, 1)
    cover = cover * (1 - fields * np.float32(0.9))
    grassland = np.clip((elevation - np.float32(2.35)) * 2 + patches * np.float32(0.5), 0, 1)
    result: Floats2D = (cover * (1 - grassland * np.float32(0.92))).astype(np.float32)
    return result


def _pixels(rng: np.random.Generator, cover: Floats2D, valleys: Floats2D) -> tuple[Bytes2D, Bytes2D]:
    """Refine cells to pixels, by bands of rows so that memory stays small."""
    rows, columns = cover.shape[0] * CELL, cover.shape[1] * CELL
    tree_cover = np.empty((rows, columns), dtype=np.uint8)
    datamask = np.ones((rows, columns), dtype=np.uint8)
    for start in range(0, rows, BLOCK_ROWS):
        stop = min(rows, start + BLOCK_ROWS)
        noise = rng.integers(-4, 5, size=(stop - start, columns), dtype=np.int8)
        values = np.clip(np.rint(_refine(cover, start, stop)) + noise, 0, 100)
        river = _refine(valleys, start, stop) < np.float32(0.006)
        values[river] = 0
        tree_cover[start:stop] = values.astype(np.uint8)
        datamask[start:stop][river] = 2
    return tree_cover, datamask


def _refine(cells: Floats2D, start: int, stop: int) -> Floats2D:
    """Interpolate cells linearly to the pixels of some rows."""
    row, row_share = _positions(start, stop, cells.shape[0])
    column, column_share = _positions(0, cells.shape[1] * CELL, cells.shape[1])
    upper, lower = cells[row], cells[row + 1]
    band = upper + (lower - upper) * row_share[:, None]
    left = band[:, column]
    result: Floats2D = left + (band[:, column + 1] - left) * column_share[None, :]
    return result


def _positions(start: int, stop: int, cells: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return for each pixel the cell whose centre lies before it, and how far it is towards the next."""
    place = (np.arange(start, stop) + 0.5) / CELL - 0.5
    before = np.clip(np.floor(place).astype(np.int64), 0, cells - 2)
    return before, np.clip(place - before, 0, 1).astype(np.float32)


def annual_loss_share(kind: str, year: int) -> float:
    """Return the share of the forest of a kind of zone that is lost in a year, as this simulation has it."""
    ages = year - FIRST_YEAR
    if kind == "project_area":
        return 0.0016 if year < PROJECT_START else 0.0009
    if kind == "leakage_belt":
        return 0.0095 + 0.00012 * ages
    if kind == "reference_region":
        return 0.0095 + 0.00030 * ages
    return 0.003


def _clear(
    rng: np.random.Generator,
    frame: _Frame,
    zones: Sequence[Zone],
    tree_cover: Bytes2D,
    *,
    valleys: Floats2D,
    elevation: Floats2D,
) -> tuple[Bytes2D, NDArray[np.int64]]:
    """Clear forest year by year; what was cleared draws more clearing near it."""
    shape = (frame.cell_rows, frame.cell_columns)
    forest = (tree_cover > 30).reshape(shape[0], CELL, shape[1], CELL).sum(axis=(1, 3), dtype=np.int64)
    left = forest.astype(np.float64)
    reach = np.clip(1.1 - 2.2 * valleys - 0.25 * elevation, 0.02, None).astype(np.float64) ** 2
    kinds = _kinds(zones, frame)
    stamps = _stamps(rng)
    mean_pixels = float(np.mean([stamp.shape[0] for stamp in stamps]))
    nearby = np.zeros(shape, dtype=np.float64)
    events: list[NDArray[np.int64]] = []
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        pull = reach * (0.15 + nearby) * (left > 0.35 * CELL * CELL)
        cells = []
        for kind, mask in kinds.items():
            share = annual_loss_share(kind, year) * rng.uniform(0.85, 1.15)
            wanted = round(share * float(forest[mask].sum()) / mean_pixels)
            cells.append(_draw(rng, np.where(mask, pull, 0.0), wanted))
        chosen = np.concatenate(cells)
        np.subtract.at(left.reshape(-1), chosen, mean_pixels)
        hits = np.bincount(chosen, minlength=left.size).reshape(shape).astype(np.float64)
        nearby = 0.75 * nearby + ndimage.gaussian_filter(hits, 4.0) * 12
        events.append(_centres(rng, chosen, shape[1], year - BASE_YEAR))
    clearings = np.concatenate(events)
    loss_year = _paint(tree_cover, clearings, stamps, rng.integers(0, len(stamps), size=len(clearings)))
    clearings[:, 1] += frame.row
    clearings[:, 2] += frame.column
    return loss_year, clearings


def _kinds(zones: Sequence[Zone], frame: _Frame) -> dict[str, Mask2D]:
    project = _mask(zones, {"project_area"}, frame)
    belt = _mask(zones, {"leakage_belt"}, frame) & ~project
    region = _mask(zones, {"reference_region"}, frame) & ~project & ~belt
    return {
        "project_area": project,
        "leakage_belt": belt,
        "reference_region": region,
        "elsewhere": ~(project | belt | region),
    }


def _draw(rng: np.random.Generator, weights: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Draw cells with replacement by their weight; none where no weight is left."""
    total = np.cumsum(weights.reshape(-1))
    if not total[-1]:
        return np.empty(0, dtype=np.int64)
    drawn: NDArray[np.int64] = np.searchsorted(total, rng.random(count) * total[-1], side="right").astype(np.int64)
    return drawn


def _centres(rng: np.random.Generator, cells: NDArray[np.int64], width: int, code: int) -> NDArray[np.int64]:
    rows, columns = np.divmod(cells, width)
    offsets = rng.integers(0, CELL, size=(2, cells.size))
    return np.column_stack((np.full(cells.size, code), rows * CELL + offsets[0], columns * CELL + offsets[1]))


def _stamps(rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """Shapes of clearings as (row, column) offsets, shape (pixels, 2): about 0.5 to 6 ha, ragged at the edge."""
    stamps = []
    for _ in range(48):
        half_rows, half_columns = rng.uniform(1.4, 5.0, size=2)
        rows, columns = np.mgrid[-6:7, -6:7]
        distance = (rows / half_rows) ** 2 + (columns / half_columns) ** 2
        stamps.append(np.argwhere(distance + rng.uniform(-0.15, 0.25, size=distance.shape) < 1) - 6)
    return stamps


def _paint(
    tree_cover: Bytes2D,
    clearings: NDArray[np.int64],
    stamps: Sequence[NDArray[np.int64]],
    stamp_of: NDArray[np.int64],
) -> Bytes2D:
    """Write each clearing's year, the latest first, so that the first loss of a pixel is the one that stays."""
    rows, columns = tree_cover.shape
    loss_year = np.zeros((rows, columns), dtype=np.uint8)
    for code in range(LAST_YEAR - BASE_YEAR, 0, -1):
        for number, stamp in enumerate(stamps):
            centres = clearings[(stamp_of == number) & (clearings[:, 0] == code), 1:]
            places = (centres[:, None, :] + stamp[None, :, :]).reshape(-1, 2)
            inside = ((places >= 0) & (places < (rows, columns))).all(axis=1)
            loss_year[places[inside, 0], places[inside, 1]] = code
    loss_year[tree_cover < 25] = 0
    return loss_year
