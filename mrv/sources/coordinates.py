"""Positions as people send them: latitude and longitude exchanged are told from a place that is far away."""

from __future__ import annotations

from typing import Any

from mrv.sources.records import Record
from mrv.sources.tiling import Bounds

MARGIN_DEG = 0.5
"""Stations and ends of patrols lie outside the zones: a point so near to them still belongs to the project."""
KEPT_WITHOUT_PLACE = frozenset({"planting_records"})
"""What these records count does not hang on where it was: they lose their position and stay."""


def are_swapped(longitude: float | None, latitude: float | None, bounds: Bounds) -> bool:
    """Tell whether a point lies in the project only if its latitude and longitude are exchanged.

    Args:
        longitude: Degrees (EPSG:4326), as given.
        latitude: Degrees, as given.
        bounds: Extent of all zones.
    """
    if longitude is None or latitude is None:
        return False
    return not _near(longitude, latitude, bounds) and _near(latitude, longitude, bounds)


def refuse_swapped(record: Record, bounds: Bounds) -> None:
    """Set a record aside (`swapped_coordinates`) whose latitude and longitude are exchanged; call it when both were read.

    They are not exchanged back: nobody knows whether other records of the file, which lie in the project both ways or
    neither, suffer from the same mistake. The reason quotes no coordinate, because positions stay in the house.
    A record whose numbers do not hang on its place (`KEPT_WITHOUT_PLACE`) loses it instead, and the repair is counted.
    """
    longitude, latitude = (_degrees(record.values.get(name)) for name in ("longitude", "latitude"))
    if not are_swapped(longitude, latitude, bounds):
        return
    if record.records.dataset.name in KEPT_WITHOUT_PLACE:
        for column in ("longitude", "latitude"):
            record.set(column, None)
            record.repaired(column, "position_blanked")
    else:
        record.reject(
            "swapped_coordinates",
            "the point lies near the project only if latitude and longitude are exchanged",
        )


def _degrees(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _near(longitude: float, latitude: float, bounds: Bounds) -> bool:
    west, south, east, north = bounds
    return west - MARGIN_DEG <= longitude <= east + MARGIN_DEG and south - MARGIN_DEG <= latitude <= north + MARGIN_DEG
