"""Vector layers of a GeoPackage, read as the plain SQLite tables they are.

GDAL would also follow virtual tables, views and write-ahead logs that a crafted or open file brings along; here only
ordinary tables of the very bytes that are hashed are read. OGC 12-128r18, clause 2.1.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from mrv.errors import ProjectError

ENVELOPE_BYTES = (0, 32, 48, 48, 64)
EMPTY = 0x10
Rows = list[tuple[BaseGeometry | None, Mapping[str, Any]]]


def read_layer(path: Path, layer: str | None, *, where: str) -> tuple[Rows, CRS]:
    """Read one layer of polygons.

    Args:
        path: The file.
        layer: Its layer; None where it has only one.
        where: File and key, for messages.

    Returns:
        Geometry and fields of each feature in the order of the file, and the CRS that the layer declares.

    Raises:
        ProjectError: The file is open in another program, is no GeoPackage, or its layer or CRS cannot be used.
    """
    for suffix in ("-wal", "-journal"):
        beside = path.with_name(path.name + suffix)
        if beside.exists() and beside.stat().st_size:
            raise ProjectError(
                "a GeoPackage is open in another program, or was not closed well",
                found=beside.name,
                where=where,
                remedy="save and close it there (in QGIS: remove the layer), so that the file holds what you see",
            )
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.row_factory = sqlite3.Row
            return _read(connection, layer, where)
    except (sqlite3.Error, struct.error, UnicodeDecodeError, ShapelyError) as error:
        raise ProjectError(
            "a map file is not a sound GeoPackage",
            found=f"{type(error).__name__}: {error}",
            where=where,
            remedy="export it again",
        ) from error


def _read(connection: sqlite3.Connection, layer: str | None, where: str) -> tuple[Rows, CRS]:
    for table in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"):
        _ordinary(connection, table, where)
    layers = {
        row["table_name"]: row
        for row in connection.execute(
            "SELECT c.table_name, c.srs_id, g.column_name FROM gpkg_contents c JOIN gpkg_geometry_columns g"
            " ON g.table_name = c.table_name WHERE c.data_type = 'features'"
        )
    }
    if layer is None and len(layers) != 1:
        raise ProjectError(
            "a GeoPackage with several layers needs the key layer",
            found=", ".join(sorted(layers)) or "no layer",
            where=where,
            remedy="name the layer in project.yaml",
        )
    name = layer or next(iter(layers))
    if name not in layers:
        raise ProjectError(
            "a GeoPackage lacks the layer",
            expected=name,
            found=", ".join(sorted(layers)),
            where=where,
            remedy="mend the key layer",
        )
    _ordinary(connection, name, where)
    crs = _crs(connection, layers[name]["srs_id"], f"{where}, layer {name}")
    quoted, geometry = name.replace('"', '""'), layers[name]["column_name"]
    rows: Rows = []
    for row in connection.execute(f'SELECT * FROM "{quoted}" ORDER BY rowid'):  # noqa: S608 - a quoted identifier
        fields = {key: row[key] for key in row.keys() if key != geometry}  # noqa: SIM118 - a Row iterates over values
        rows.append((_geometry(row[geometry]), fields))
    return rows, crs


def _ordinary(connection: sqlite3.Connection, table: str, where: str) -> None:
    row = connection.execute("SELECT type, sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    if row is None or row["type"] != "table" or "VIRTUAL" in (row["sql"] or "").upper().split()[:2]:
        raise ProjectError(
            "a map file is not a sound GeoPackage",
            expected=f"an ordinary table {table}",
            found="none" if row is None else f"a {'virtual table' if row['type'] == 'table' else row['type']}",
            where=where,
            remedy="export the layer itself, not a view of it",
        )


def _crs(connection: sqlite3.Connection, srs_id: int, where: str) -> CRS:
    row = connection.execute("SELECT * FROM gpkg_spatial_ref_sys WHERE srs_id = ?", (srs_id,)).fetchone()
    if srs_id in (0, -1) or row is None:
        raise ProjectError(
            "a map file does not declare its CRS",
            expected="an EPSG code",
            found=f"srs_id {srs_id} (undefined)",
            where=where,
            remedy="set the layer's CRS where it was drawn; old Peruvian data are often PSAD56 (EPSG:24878), 200 to 400 m off WGS84",
        )
    try:
        if str(row["organization"]).upper() == "EPSG":
            return CRS.from_epsg(row["organization_coordsys_id"])
        return CRS.from_wkt(row["definition"])
    except CRSError as error:
        raise ProjectError(
            "the CRS of a map file cannot be understood",
            found=str(error),
            where=where,
            remedy="export it in EPSG:4326",
        ) from error


def _geometry(blob: bytes | None) -> BaseGeometry | None:
    """Decode a geometry: `GP`, version, flags, srs_id, an envelope whose size the flags tell, then WKB."""
    if blob is None:
        return None
    magic, _, flags = struct.unpack_from("<2sBB", blob)
    envelope = (flags >> 1) & 0b111
    if magic != b"GP" or envelope >= len(ENVELOPE_BYTES):
        raise sqlite3.DatabaseError("a geometry is not in GeoPackage binary")
    if flags & EMPTY:
        return None
    return shapely.from_wkb(blob[8 + ENVELOPE_BYTES[envelope] :])
