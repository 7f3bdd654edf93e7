"""The tiles of one layer as one raster: no pixel twice, and what no tile covers is known."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mrv.errors import GridError, InputError
from raster.grid import Lattice, Window
from raster.reading import Kind, Tile, inspect_tile, read_tile, read_windows


@dataclass(frozen=True)
class Mosaic:
    """The tiles of one layer, in the order of the lattice whatever order they were given in.

    Attributes:
        layer: Name of the layer, for messages.
        lattice: Grid of the product.
        tiles: Tiles that do not overlap.
    """

    layer: str
    lattice: Lattice
    tiles: tuple[Tile, ...]

    @classmethod
    def of(
        cls,
        layer: str,
        paths: Sequence[Path],
        *,
        lattice: Lattice,
        kind: Kind,
        band: int | None = None,
        known_nodata: Collection[float] | None = None,
    ) -> Mosaic:
        """Check the files of a layer; `kind`, `band` and `known_nodata` as for `inspect_tile`.

        Raises:
            InputError: There is no file, or one cannot be used.
            GridError: A tile is of another grid, two overlap, or their types differ.
        """
        if not paths:
            raise InputError(f"there is no tile of the layer {layer}", remedy="pull the product's tiles first")
        found = (inspect_tile(path, lattice=lattice, kind=kind, band=band, known_nodata=known_nodata) for path in paths)
        tiles = sorted(found, key=lambda tile: tile.window)
        for one, other in combinations(tiles, 2):
            shared = one.window.intersection(other.window)
            if shared or one.dtype != other.dtype:
                raise GridError(
                    f"two tiles of the layer {layer} {'overlap' if shared else 'have different types'}",
                    expected="each pixel in one tile, all of one type",
                    found=f"both hold {lattice.extent(shared)}" if shared else f"{one.dtype} and {other.dtype}",
                    where=f"{one.path} and {other.path}",
                    remedy="keep one of the two: pixels would count twice or mix versions",
                )
        return cls(layer, lattice, tuple(tiles))

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels."""
        return np.dtype(self.tiles[0].dtype)

    @property
    def nodata(self) -> float | None:
        """What the headers declare.

        Raises:
            GridError: They declare different values.
        """
        declared = {repr(tile.nodata): tile.nodata for tile in self.tiles}
        if len(declared) > 1:
            raise GridError(
                f"tiles of the layer {self.layer} declare different nodata",
                expected="one value",
                found=", ".join(sorted(declared)),
                where=", ".join(tile.path.name for tile in self.tiles),
                remedy="pull the tiles again from one product version",
            )
        return self.tiles[0].nodata

    @property
    def extent(self) -> Window:
        """The smallest window that holds every tile."""
        whole = self.tiles[0].window
        for tile in self.tiles[1:]:
            whole = whole.union(tile.window)
        return whole

    def covers(self, window: Window) -> bool:
        """Say whether every pixel of the window lies in a tile."""
        shared = (tile.window.intersection(window) for tile in self.tiles)
        return sum(part.pixels for part in shared if part) == window.pixels

    def read(self, window: Window, *, fill: float) -> NDArray[Any]:
        """Read a window; pixels that no tile holds are `fill`.

        Returns:
            Shape (window.height, window.width), C-contiguous.

        Raises:
            InputError: A tile is cut short or corrupt.
        """
        return self.read_several([window], fill=fill)[0]

    def read_several(self, windows: Sequence[Window], *, fill: float) -> list[NDArray[Any]]:
        """Read windows as `read` does; files are opened once where a tile holds all of them.

        Raises:
            InputError: A tile is cut short or corrupt.
        """
        for tile in self.tiles:
            if all(tile.window.intersection(window) == window for window in windows):
                return read_windows(tile, windows)
        return [self._gather(window, fill) for window in windows]

    def _gather(self, window: Window, fill: float) -> NDArray[Any]:
        """Read a window from the tiles that hold parts of it."""
        for tile in self.tiles:
            if tile.window.intersection(window) == window:
                return read_tile(tile, window)
        pixels = np.full((window.height, window.width), fill, dtype=self.dtype)
        for tile in self.tiles:
            part = tile.window.intersection(window)
            if part:
                top, left = part.row - window.row, part.col - window.col
                pixels[top : top + part.height, left : left + part.width] = read_tile(tile, part)
        return pixels
