"""A map of fires for a GIS: how many distinct fires each cell of about a VIIRS pixel had in a period."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from raster.cog import RasterClass, write_class_cog
from raster.grid import Bounds, Lattice, Window
from raster.maps import PAPER, year_colour

FIRES = Lattice.square(Decimal(-180), Decimal(90), Decimal("0.00375"))
"""Cells of 0.00375 degrees (417 m along a meridian) whose edges lie on 0: those of all periods and projects agree."""
MOST = 255
_SHADES = 8
"""A shade darker for each doubling: 1, 2 to 3, 4 to 7 and so on up to 255."""


def write_fire_map(
    longitude: NDArray[np.float64],
    latitude: NDArray[np.float64],
    destination: Path,
    *,
    bounds: Bounds,
    days: tuple[date, date],
    tags: dict[str, str],
) -> Window:
    """Write the number of fires by cell as a COG with colours: 0 none, 255 for 255 or more.

    Counts that occur are named in the metadata, each with its colour; a count has the same colour in every file.

    Args:
        longitude: Where each fire was, degrees, shape (n,).
        latitude: The same, shape (n,).
        destination: The file to write; replaced as a whole.
        bounds: West, south, east, north of what to show, degrees; whole cells are shown.
        days: First and last day of the period.
        tags: What the metadata say besides.

    Returns:
        The window written; fires beyond it are left out.

    Raises:
        StoreError: The file could not be written.
    """
    window = FIRES.window(bounds)
    row = np.floor(FIRES.rows(latitude)).astype(np.int64) - window.row
    col = np.floor(FIRES.columns(longitude)).astype(np.int64) - window.col
    inside = (row >= 0) & (row < window.height) & (col >= 0) & (col < window.width)
    count = np.bincount(row[inside] * window.width + col[inside], minlength=window.pixels)
    cells = np.minimum(count, MOST).astype(np.uint8).reshape(window.height, window.width)
    classes = {0: RasterClass(("No fire detected", "Ningún foco detectado"), PAPER)}
    classes |= {int(code): _class(int(code)) for code in np.unique(cells) if code}
    said = {
        "CODES": (
            "number of distinct fires of the period, each in the cell of its first detection; 0: none detected; 255: 255 or "
            "more / número de focos distintos del período, cada uno en la celda de su primera detección; 0: ninguno "
            "detectado; 255: 255 o más"
        ),
        "PERIOD": f"{days[0]}/{days[1]}",
    }
    write_class_cog(
        destination, iter([cells]), lattice=FIRES, window=window, classes=classes, nodata=0, tags={**said, **tags}
    )
    return window


def _class(count: int) -> RasterClass:
    name = (f"{count} fires", f"{count} focos") if count > 1 else ("1 fire", "1 foco")
    if count == MOST:
        name = (f"{MOST} fires or more", f"{MOST} focos o más")
    return RasterClass(name, year_colour(count.bit_length() - 1, _SHADES))
