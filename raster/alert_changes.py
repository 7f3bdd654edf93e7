"""What changed between two retrievals of the same alerts: those that are gone, and those that are new."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import shapely

from raster.alert_columns import ZoneAlerts
from raster.alerts import CODES, AlertLayers, measure_alerts
from raster.grid import Lattice
from raster.parts import PLAIN, Work
from raster.rules import Region, Shape
from raster.spans import Ints


def compare_alerts(
    before: AlertLayers,
    after: AlertLayers,
    *,
    zones: Sequence[Shape],
    lattice: Lattice,
    days: tuple[date, date],
    work: Work = PLAIN,
) -> list[dict[str, Any]]:
    """Compare two retrievals over all zones; a pixel of several zones counts once, a raised confidence is no change.

    Args:
        before: The earlier retrieval; its tiles need not hold every zone.
        after: The later one, of the same tiles.
        zones: Polygons in lon/lat that may overlap.
        lattice: Grid of the product.
        days: Alerts of these days count.
        work: How it is done.

    Returns:
        For each confidence: confidence, gone_pixel_count and gone_area_um2 (by the confidence that they had), and
        new_pixel_count and new_area_um2.

    Raises:
        InputError: A tile cannot be used.
    """
    union = Shape("all zones", shapely.union_all([zone.geometry for zone in zones]))
    together = Region([union], pixel_rule="centre")
    earlier, later = (
        measure_alerts([layers], together, lattice=lattice, days=days, whole=False, work=work).zone_pixels
        for layers in (before, after)
    )
    gone, new = earlier.pick(~_held(earlier, later)), later.pick(~_held(later, earlier))
    return [
        {
            "confidence": name,
            "gone_pixel_count": int((gone.confidence == code).sum()),
            "gone_area_um2": sum(gone.area_um2[gone.confidence == code].tolist()),
            "new_pixel_count": int((new.confidence == code).sum()),
            "new_area_um2": sum(new.area_um2[new.confidence == code].tolist()),
        }
        for code, name in CODES.items()
    ]


def _held(some: ZoneAlerts, others: ZoneAlerts) -> Any:
    """Tell which pixels are among others."""
    return np.isin(_place(some), _place(others))


def _place(pixels: ZoneAlerts) -> Ints:
    """Return row and column as one number."""
    return (pixels.row.astype(np.int64) << 32) + pixels.col
