"""What a sampling frame consists of: the rule that divides it, its strata, and its units."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raster.grid import Floats
from raster.spans import Ints

CLASSES_OF_STRATA = ("loss", "gain", "loss_buffer", "stable_forest", "stable_non_forest")
"""Class of a stratum by state, from LOSS on; this is also their order."""


def map_class_of(stratum_class: str) -> str:
    """Return what the map says of the pixels of a stratum."""
    return "stable_forest" if stratum_class == "loss_buffer" else stratum_class


@dataclass(frozen=True)
class FrameRule:
    """How the frame is divided.

    Attributes:
        first_year: First calendar year of mapped change.
        last_year: Last calendar year of it.
        loss_buffer_pixels: Stable forest within so many rows and columns of mapped loss is a stratum of its own; 0: none,
            at most 128.
        by_zone: Whether strata end at the borders of zones.
        by_stratum: Whether they also end at those of carbon strata.
    """

    first_year: int
    last_year: int
    loss_buffer_pixels: int
    by_zone: bool
    by_stratum: bool


@dataclass(frozen=True)
class FrameStratum:
    """A stratum of the frame; it has at least one pixel.

    Attributes:
        zone_id: Its zone; None where strata go across zones.
        carbon_stratum_id: Its carbon stratum; None where strata go across them.
        stratum_class: One of CLASSES_OF_STRATA.
        pixel_count: Its pixels.
        area_um2: Their area on the ellipsoid, square micrometres.
    """

    zone_id: str | None
    carbon_stratum_id: str | None
    stratum_class: str
    pixel_count: int
    area_um2: int

    @property
    def stratum_id(self) -> str:
        """Zone, carbon stratum and class, as far as they divide the frame."""
        return ".".join(part for part in (self.zone_id, self.carbon_stratum_id, self.stratum_class) if part)

    @property
    def map_class(self) -> str:
        """What the map says of its pixels."""
        return map_class_of(self.stratum_class)


@dataclass(frozen=True)
class FrameUnits:
    """Units (pixels) in the order in which they were asked for; every column has shape (n,).

    Attributes:
        stratum_id: Stratum of the frame.
        zone_id: Zone that holds the centre.
        carbon_stratum_id: Carbon stratum of the centre.
        map_class: What the map says of the pixel.
        map_loss_year: Calendar year of mapped loss; 0 where there is none.
        row: Row on the lattice.
        column: Column on the lattice.
        longitude: Of the centre, degrees.
        latitude: Of the centre, degrees.
        area_um2: Area of the pixel on the ellipsoid, square micrometres.
    """

    stratum_id: NDArray[Any]
    zone_id: NDArray[Any]
    carbon_stratum_id: NDArray[Any]
    map_class: NDArray[Any]
    map_loss_year: Ints
    row: Ints
    column: Ints
    longitude: Floats
    latitude: Floats
    area_um2: Ints

    def __len__(self) -> int:
        return len(self.row)

    def pick(self, places: Ints | NDArray[np.bool_]) -> FrameUnits:
        """Return some of the units."""
        return FrameUnits(*(getattr(self, column.name)[places] for column in fields(self)))
