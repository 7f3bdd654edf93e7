"""Projects and packages as JSON: facts, signature and tables."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import pyarrow as pa
from fastapi import APIRouter, Path, Query

from mrv.dataroom.catalogue import Package
from mrv.dataroom.inspections import record as inspection_record
from mrv.dataroom.room import ReadPackage

API = "/api/v1"
ROOT = API + "/projects/{project}/periods/{period}/versions/{version}"
router = APIRouter(prefix=ROOT, tags=["Packages"])
Version = Annotated[int, Path(ge=1, le=10**9)]
Start = Annotated[int, Query(ge=0, le=10**12, description="Rows to pass over.")]
Count = Annotated[int, Query(ge=1, le=1000, description="Most rows to give.")]


def root_of(package: Package) -> str:
    """Return the address of a package in the API."""
    return f"{API}/projects/{package.project}/periods/{package.period}/versions/{package.version}"


def brief(package: Package) -> dict[str, Any]:
    """Return what a list says of a package."""
    return {
        "name": package.name,
        "period": package.facts["period"],
        "version": package.version,
        "created_at": package.facts["created_at"],
        "manifest_sha512": package.manifest_sha512,
        "signature": package.inspection.state,
        "address": root_of(package),
    }


@router.get("")
def package(access: ReadPackage, project: str, period: str, version: Version) -> dict[str, Any]:
    """Tell a package: `facts` is its own package.json with the headline figures, `inspection` what verifying it said."""
    found = access.room.catalogue.package(project, period, version)
    return {**brief(found), "facts": found.facts, "inspection": inspection_record(found.inspection)}


@router.get("/tables")
def tables(access: ReadPackage, project: str, period: str, version: Version) -> dict[str, Any]:
    """List the tables."""
    found = access.room.catalogue.package(project, period, version)
    return {"tables": found.tables}


@router.get("/tables/{table}")
def rows(
    access: ReadPackage, project: str, period: str, version: Version, table: str, start: Start = 0, count: Count = 200
) -> dict[str, Any]:
    """Give rows of a table, in its own order; decimals and dates are text."""
    found = access.room.catalogue.package(project, period, version).table(table)
    columns = [{"name": field.name, "type": str(field.type)} for field in found.schema]
    return {"total": found.num_rows, "start": start, "columns": columns, "rows": _plain(found.slice(start, count))}


def _plain(table: pa.Table) -> list[list[Any]]:
    return [[_cell(value) for value in row.values()] for row in table.to_pylist()]


def _cell(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value
