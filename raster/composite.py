"""Composites of the best clear pixels of several scenes, and their vegetation indices, written by blocks as COGs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numba import njit
from numpy.typing import NDArray
from rasterio.io import DatasetWriter
from rasterio.windows import Window as RasterioWindow

from mrv.errors import InputError
from raster.cog import BLOCK, writing_cog
from raster.grid import Lattice, Window
from raster.reading import gdal_environment
from raster.scenes import NO_NUMBER, Numbers, PlacedScene, Resampling, Scene, clear_codes, place, read_window

Codes = NDArray[np.int16]

CODES_PER_UNIT = 10_000
"""Reflectance and indices are kept as whole ten-thousandths."""
NODATA = -32768
MAX_REFLECTANCE = 16_000
"""Brighter than any surface; what lies above, and below 0, is brought to these limits."""
BLOCK_COLUMNS = 8 * BLOCK
INDICES = ("ndvi", "nbr")
MAX_NEGATIVE_SHARE = 0.5
"""Clear pixels whose red is below 0: where most are, the offset was taken off twice (see `check_offset`)."""


@dataclass(frozen=True)
class Composite:
    """A composite's files.

    Attributes:
        reflectance: Bands red, nir, swir22.
        indices: File of each of `INDICES`.
        pixels_of_scenes: How many pixels each scene gave, by its id.
    """

    reflectance: Path
    indices: Mapping[str, Path]
    pixels_of_scenes: Mapping[str, int]


def make_composite(
    scenes: Sequence[Scene],
    folder: Path,
    name: str,
    *,
    lattice: Lattice,
    window: Window,
    strict: bool,
    resampling: Resampling,
) -> Composite:
    """Take each pixel from the scene in which it is clear and its NDVI is highest; of equal ones, from the earliest.

    NDVI is compared as it is kept, in whole ten-thousandths, and scenes of one day by their id: the order in which they are
    given changes nothing. Memory is bounded by one block of one scene.

    Args:
        scenes: What to choose from.
        folder: Where the files go.
        name: Beginning of their names.
        lattice: The grid.
        window: Its extent.
        strict: Also mask what is doubtful.
        resampling: How reflectance comes to the grid.

    Raises:
        InputError: A file cannot be used, or the pixels contradict the scene's offset.
        GridError: A file has no usable place.
    """
    ordered = sorted(scenes, key=lambda scene: (scene.acquired_on, scene.scene_id))
    placed = [place(scene, lattice) for scene in ordered]
    clear = {scene.sensor: clear_codes(scene.sensor, strict=strict) for scene in scenes}
    given = np.zeros(len(placed), dtype=np.int64)
    seen, negative = given.copy(), given.copy()
    paths = {kind: folder / f"{name}_{kind}.tif" for kind in ("reflectance", *INDICES)}
    with (
        _writing(paths["reflectance"], lattice, window, count=3) as reflectance,
        _writing(paths["ndvi"], lattice, window) as ndvi_file,
        _writing(paths["nbr"], lattice, window) as nbr_file,
    ):
        for block in blocks(window):
            best = np.full((4, block.height, block.width), NODATA, dtype=np.int16)
            source = np.full((block.height, block.width), -1, dtype=np.int32)
            for number, item in enumerate(placed):
                if item.window is None or item.window.intersection(block) is None:
                    continue
                bands = read_window(item, lattice, block, resampling=resampling)
                found = _offer(bands, clear[item.scene.sensor], item, best, source, number)
                seen[number] += found[0]
                negative[number] += found[1]
            given += np.bincount(source[source >= 0], minlength=len(placed))
            _write(reflectance, best[:3], block)
            _write(ndvi_file, best[3:], block)
            _write(nbr_file, _index_codes(best[1], best[2])[np.newaxis], block)
        _describe(reflectance, ("red", "nir", "swir22"))
        _describe(ndvi_file, ("ndvi",))
        _describe(nbr_file, ("nbr",))
        for item, clear_count, negative_count in zip(placed, seen.tolist(), negative.tolist(), strict=True):
            check_offset(item.scene, clear_pixels=clear_count, negative_pixels=negative_count)
    pixels = {item.scene.scene_id: int(count) for item, count in zip(placed, given, strict=True)}
    return Composite(paths["reflectance"], {index: paths[index] for index in INDICES}, pixels)


def write_change(before: Path, after: Path, destination: Path, *, lattice: Lattice, window: Window, index: str) -> None:
    """Write after minus before where both are clear, in ten-thousandths; dNBR as fire ecology writes it is its negative."""
    with _writing(destination, lattice, window) as dataset:
        for block in blocks(window):
            one, two = read_codes(before, block), read_codes(after, block)
            both = (one != NODATA) & (two != NODATA)
            difference = two.astype(np.int32) - one
            _write(dataset, np.where(both, difference, NODATA).astype(np.int16)[np.newaxis], block)
        _describe(dataset, (f"change of {index}",))


def check_offset(scene: Scene, *, clear_pixels: int, negative_pixels: int) -> None:
    """Refuse a scene whose clear pixels are mostly darker than black: catalogues are known to declare a wrong offset.

    Raises:
        InputError: They are.
    """
    if clear_pixels and negative_pixels > MAX_NEGATIVE_SHARE * clear_pixels:
        raise InputError(
            "the pixels of a scene contradict its offset",
            expected=f"red reflectance above 0 in at least {1 - MAX_NEGATIVE_SHARE:.0%} of the clear pixels",
            found=f"{negative_pixels} of {clear_pixels} below 0 with offset {scene.offset}",
            where=scene.scene_id,
            remedy="the provider has probably applied the offset already without saying so: tell it, "
            "and exclude the scene by its id",
        )


def blocks(window: Window) -> Iterator[Window]:
    """Cut a window from (0, 0) into blocks that files are written by."""
    for row in range(0, window.height, BLOCK):
        for col in range(0, window.width, BLOCK_COLUMNS):
            yield Window(row, col, min(BLOCK, window.height - row), min(BLOCK_COLUMNS, window.width - col))


def read_codes(path: Path, block: Window) -> Codes:
    """Read a block of an index, in ten-thousandths."""
    with gdal_environment(), rasterio.open(path, driver="GTiff") as dataset:
        codes: Codes = dataset.read(1, window=RasterioWindow(block.col, block.row, block.width, block.height))
    return codes


def _writing(path: Path, lattice: Lattice, window: Window, *, count: int = 1) -> AbstractContextManager[DatasetWriter]:
    return writing_cog(path, lattice=lattice, window=window, dtype="int16", nodata=NODATA, count=count)


def _write(dataset: DatasetWriter, codes: Codes, block: Window) -> None:
    dataset.write(codes, window=RasterioWindow(block.col, block.row, block.width, block.height))


def _describe(dataset: DatasetWriter, names: Sequence[str]) -> None:
    dataset.scales = (1 / CODES_PER_UNIT,) * len(names)
    for number, name in enumerate(names, start=1):
        dataset.set_band_description(number, name)


def _offer(
    bands: Mapping[str, Numbers],
    clear: NDArray[np.bool_],
    item: PlacedScene,
    best: Codes,
    source: NDArray[np.int32],
    number: int,
) -> tuple[int, int]:
    multiply, add = item.scene.units
    return _offer_pixels(
        bands["red"], bands["nir"], bands["swir22"], bands["mask"], clear, multiply, add, best, source, number
    )


@njit(cache=True, nogil=True)
def _offer_pixels(
    red: Numbers,
    nir: Numbers,
    swir: Numbers,
    mask: Numbers,
    clear: NDArray[np.bool_],
    multiply: int,
    add: int,
    best: Codes,
    source: NDArray[np.int32],
    number: int,
) -> tuple[int, int]:
    """Put a scene's pixels where they are better; return how many are clear, and how many of these have a negative red."""
    seen, negative = 0, 0
    for row in range(red.shape[0]):
        for col in range(red.shape[1]):
            if not clear[mask[row, col]]:
                continue
            if red[row, col] == NO_NUMBER or nir[row, col] == NO_NUMBER or swir[row, col] == NO_NUMBER:
                continue
            seen += 1
            if red[row, col] * multiply + add < 0:
                negative += 1
            red_code = _reflectance_code(red[row, col], multiply, add)
            nir_code = _reflectance_code(nir[row, col], multiply, add)
            ndvi = _index_code(nir_code, red_code)
            if ndvi > best[3, row, col]:
                best[0, row, col], best[1, row, col] = red_code, nir_code
                best[2, row, col] = _reflectance_code(swir[row, col], multiply, add)
                best[3, row, col] = ndvi
                source[row, col] = number
    return seen, negative


@njit(cache=True, nogil=True)
def _reflectance_code(number: int, multiply: int, add: int) -> int:
    """Return reflectance in ten-thousandths, from units of which 1000 are one, rounded half up, within its limits."""
    code = int((np.int64(number) * multiply + add + 500) // 1000)
    return min(max(code, 0), MAX_REFLECTANCE)


@njit(cache=True, nogil=True)
def _index_code(one: int, other: int) -> int:
    """Return (one - other) / (one + other) in ten-thousandths, rounded half away from 0; NODATA where both are 0."""
    total = np.int64(one) + other
    if total <= 0:
        return NODATA
    difference = np.int64(one) - other
    size = int((2 * CODES_PER_UNIT * abs(difference) + total) // (2 * total))
    return size if difference >= 0 else -size


@njit(cache=True, nogil=True)
def _index_codes(one: Codes, other: Codes) -> Codes:
    codes = np.full(one.shape, NODATA, dtype=np.int16)
    for row in range(one.shape[0]):
        for col in range(one.shape[1]):
            if one[row, col] != NODATA and other[row, col] != NODATA:
                codes[row, col] = _index_code(one[row, col], other[row, col])
    return codes
