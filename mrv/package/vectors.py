"""The zones as GeoPackage and GeoJSON, with bytes that depend on the zones alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError
from shapely.geometry import MultiPolygon, mapping
from shapely.geometry.base import BaseGeometry

from mrv.boundaries import Zone
from mrv.errors import StoreError
from mrv.package.staging import Staging

LAYER = "zones"

_OPTIONS = threading.Lock()
"""Options of GDAL hold for the whole process: one writer at a time sets the date."""


def write_zones(staging: Staging, zones: Sequence[Zone], *, created_at: str) -> None:
    """Write `data/vectors/zones.gpkg` (layer `zones`) and `data/vectors/zones.geojson` (RFC 7946).

    Args:
        staging: Package in the making.
        zones: Zones, lon/lat on WGS84.
        created_at: ISO 8601 moment that the GeoPackage gives as its last change.

    Raises:
        StoreError: The disk refuses the write.
    """
    ordered = sorted(zones, key=lambda zone: zone.zone_id)
    _write_geojson(staging, ordered)
    with TemporaryDirectory(prefix=".vectors-", dir=staging.root.parent) as folder:
        path = Path(folder) / "zones.gpkg"
        _write_geopackage(path, ordered, created_at=created_at)
        staging.copy("data/vectors/zones.gpkg", path)


def _write_geojson(staging: Staging, zones: Sequence[Zone]) -> None:
    with staging.writer("data/vectors/zones.geojson") as writer:
        writer.write(b'{"type": "FeatureCollection", "name": "zones", "features": [\n')
        for position, zone in enumerate(zones, start=1):
            feature = {
                "type": "Feature",
                "id": zone.zone_id,
                "properties": _properties(zone),
                "geometry": mapping(shapely.orient_polygons(zone.geometry)),
            }
            comma = "," if position < len(zones) else ""
            writer.write((json.dumps(feature, ensure_ascii=False, allow_nan=False) + comma + "\n").encode())
        writer.write(b"]}\n")


def _write_geopackage(path: Path, zones: Sequence[Zone], *, created_at: str) -> None:
    records = [_properties(zone) for zone in zones]
    columns = {
        "zone_id": "str",
        "kind": "str",
        "zone_name": "str",
        "partner": "str",
        "boundary_version": "str",
        "area_ha": "float64",
        "illustrative": "bool",
        "boundary_sha256": "str",
    }
    frame = geopandas.GeoDataFrame(
        {name: geopandas.pd.Series([record[name] for record in records], dtype=kind) for name, kind in columns.items()},
        geometry=[_multi(zone.geometry) for zone in zones],
        crs="EPSG:4326",
    )
    try:
        with _current_date(created_at):
            pyogrio.write_dataframe(frame, path, layer=LAYER, driver="GPKG", geometry_type="MultiPolygon")
        written = pyogrio.read_info(path, layer=LAYER)["features"]
    except (DataSourceError, DataLayerError, FeatureError) as error:
        raise StoreError(
            "the GeoPackage of the zones could not be written",
            found=str(error),
            where=str(path),
            remedy="free space on the disk; what was published before is untouched",
        ) from error
    if written != len(zones):
        raise StoreError(
            "the GeoPackage of the zones is incomplete",
            expected=f"{len(zones)} features",
            found=f"{written}",
            where=str(path),
            remedy="check the disk; what was published before is untouched",
        )


@contextmanager
def _current_date(created_at: str) -> Iterator[None]:
    """Make GDAL write a given moment as the time of the last change, in place of the clock's."""
    option = "OGR_CURRENT_DATE"
    with _OPTIONS:
        before = pyogrio.get_gdal_config_option(option)
        pyogrio.set_gdal_config_options({option: created_at})
        try:
            yield
        finally:
            pyogrio.set_gdal_config_options({option: before})


def _properties(zone: Zone) -> dict[str, str | float | bool | None]:
    return {
        "zone_id": zone.zone_id,
        "kind": zone.kind,
        "zone_name": zone.name,
        "partner": zone.partner,
        "boundary_version": zone.boundary_version,
        "area_ha": float(zone.area_ha),
        "illustrative": zone.illustrative,
        "boundary_sha256": zone.sha256,
    }


def _multi(geometry: BaseGeometry) -> BaseGeometry:
    return MultiPolygon([geometry]) if geometry.geom_type == "Polygon" else geometry
