"""What the header of a raster says: where it lies, how its pixels are stored and what their codes mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Band:
    """A band: its name, the type of its pixels and the value that stands for none."""

    name: str
    data_type: str
    nodata: float | None


@dataclass(frozen=True)
class RasterFacts:
    """Facts of one raster.

    Attributes:
        epsg: Code of its reference system.
        shape: Rows and columns.
        transform: The six numbers from column and row to coordinates, as an affine transformation has them.
        footprint: Outline in lon/lat on WGS84, degrees: points of one ring, counter-clockwise, the first one last again.
        bands: Its bands, in order.
        classes: Code of a pixel to what it means, where the file says so.
    """

    epsg: int
    shape: tuple[int, int]
    transform: tuple[float, float, float, float, float, float]
    footprint: tuple[tuple[float, float], ...]
    bands: tuple[Band, ...]
    classes: Mapping[int, str] = field(default_factory=dict)
