"""The zones as GeoParquet 1.1: geometry as WKB, the box of each row beside it, lon/lat on WGS84 (OGC:CRS84)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas

VERSION = "1.1.0"


def write_geoparquet(path: Path, frame: geopandas.GeoDataFrame) -> None:
    """Write zones as GeoParquet.

    Args:
        path: Where the file shall lie.
        frame: One row per zone; geometry in lon/lat on WGS84.
    """
    # Coordinates are longitude first, which is what CRS84 says; EPSG:4326 by its letter has latitude first.
    placed = frame.set_crs("OGC:CRS84", allow_override=True)
    placed.to_parquet(path, index=False, compression="zstd", write_covering_bbox=True, schema_version=VERSION)
