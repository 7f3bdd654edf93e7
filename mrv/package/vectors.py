"""The zones as GeoPackage, GeoJSON, GeoParquet and KML, with bytes that depend on the zones alone."""

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
from mrv.package.geoparquet import write_geoparquet
from mrv.package.kml import kml
from mrv.package.staging import Staging
from mrv.package.zone_files import check_zones

LAYER = "zones"

_OPTIONS = threading.Lock()
"""Options of GDAL hold for the whole process: one writer at a time sets the date."""


FOLDER = "data/vectors"


def write_zones(staging: Staging, zones: Sequence[Zone], *, created_at: str, title: str) -> None:
    """Write the zones to `data/vectors/` as GeoPackage (layer `zones`), GeoJSON (RFC 7946), GeoParquet (1.1) and KML (2.2).

    Each file is read back: it must hold every zone, under its id and with its area.

    Args:
        staging: Package in the making.
        zones: Zones, lon/lat on WGS84.
        created_at: ISO 8601 moment that the GeoPackage gives as its last change.
        title: What the KML is called.

    Raises:
        StoreError: The disk refuses the write.
        PackageError: What was written does not hold the zones.
    """
    ordered = sorted(zones, key=lambda zone: zone.zone_id)
    _write_geojson(staging, ordered)
    staging.write(f"{FOLDER}/zones.kml", kml(ordered, name=title))
    frame = _frame(ordered)
    with TemporaryDirectory(prefix=".vectors-", dir=staging.root.parent) as folder:
        geopackage, parquet = Path(folder) / "zones.gpkg", Path(folder) / "zones.parquet"
        _write_geopackage(geopackage, frame, created_at=created_at)
        write_geoparquet(parquet, frame)
        for path in (geopackage, parquet):
            staging.copy(f"{FOLDER}/{path.name}", path)
    for suffix in ("geojson", "gpkg", "kml", "parquet"):
        check_zones(staging.root / f"{FOLDER}/zones.{suffix}", ordered)


def _write_geojson(staging: Staging, zones: Sequence[Zone]) -> None:
    with staging.writer(f"{FOLDER}/zones.geojson") as writer:
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


def _frame(zones: Sequence[Zone]) -> geopandas.GeoDataFrame:
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
    return geopandas.GeoDataFrame(
        {name: geopandas.pd.Series([record[name] for record in records], dtype=kind) for name, kind in columns.items()},
        geometry=[_multi(zone.geometry) for zone in zones],
        crs="EPSG:4326",
    )


def _write_geopackage(path: Path, frame: geopandas.GeoDataFrame, *, created_at: str) -> None:
    try:
        with _current_date(created_at):
            pyogrio.write_dataframe(frame, path, layer=LAYER, driver="GPKG", geometry_type="MultiPolygon")
    except (DataSourceError, DataLayerError, FeatureError) as error:
        raise StoreError(
            "the GeoPackage of the zones could not be written",
            found=str(error),
            where=str(path),
            remedy="free space on the disk; what was published before is untouched",
        ) from error


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
