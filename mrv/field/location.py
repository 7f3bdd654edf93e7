"""Which stratum a plot stands for: the zone it lies in, not the word of its form."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import shapely
from shapely.geometry.base import BaseGeometry

Stratum = tuple[str, BaseGeometry]
"""Id of a stratum and its zone, in degrees (EPSG:4326)."""


def locate_plots(plots: pa.Table, *, strata: Sequence[Stratum], default_stratum: str | None) -> list[str | None]:
    """Return the stratum of each row of the landed `plots`, in the order of the rows; None where there is none for it.

    A position decides, with `default_stratum` for land outside every zone, as it is for pixels. A declared stratum that the
    position contradicts, or that does not exist, gives None. Without a position the declared stratum is taken; without
    either a plot belongs to `default_stratum` only where no strata are drawn.

    Args:
        plots: Landed `plots`.
        strata: The zones; one place may lie on the edge of two.
        default_stratum: Stratum of land outside every zone, if the project has one.
    """
    columns = (plots[name].to_pylist() for name in ("longitude", "latitude", "stratum_id"))
    return [
        _stratum(longitude, latitude, declared, strata=strata, default=default_stratum)
        for longitude, latitude, declared in zip(*columns, strict=True)
    ]


def _stratum(
    longitude: float | None,
    latitude: float | None,
    declared: str | None,
    *,
    strata: Sequence[Stratum],
    default: str | None,
) -> str | None:
    if longitude is None or latitude is None:
        possible = [name for name, _ in strata] if declared else []
        outside = default if declared or not strata else None
    else:
        point = shapely.Point(longitude, latitude)
        possible = [name for name, zone in strata if zone.covers(point)]
        outside = None if possible else default
    if outside is not None:
        possible.append(outside)
    if declared is not None:
        return declared if declared in possible else None
    return possible[0] if possible else None
