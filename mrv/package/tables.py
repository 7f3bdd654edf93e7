"""The published tables: Parquet, CSV and their description as a Data Package (version 2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import types

from mrv.errors import PackageError
from mrv.package.contents import Contents
from mrv.package.staging import Staging

FOLDER = "data/tables"
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
ZONES, ZONE_KEY = "zones", "zone_id"
"""The table of zones, and the column that leads to it from others; some of those have rows of no zone (`*`) instead."""
MEDIA_TYPES = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}


@dataclass(frozen=True)
class Mart:
    """A published table and what is said of it.

    Attributes:
        columns: Column to what is said of it: `description`, `unit` and more.
    """

    name: str
    description: str
    description_es: str | None
    key: tuple[str, ...]
    columns: Mapping[str, Mapping[str, Any]]


def read_marts(path: Path) -> list[Mart]:
    """Read the description of the marts: a list of `{name, description, description_es, key, columns: [{name, …}]}`.

    Raises:
        PackageError: It is not that.
    """
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        marts = [
            Mart(
                name=item["name"],
                description=item["description"],
                description_es=item.get("description_es"),
                key=tuple(item["key"]),
                columns={column["name"]: column for column in item["columns"]},
            )
            for item in listed
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PackageError(
            "the description of the marts cannot be read",
            expected="a list of marts with name, description, key and columns",
            found=f"{type(error).__name__}: {error}",
            where=str(path),
            remedy="export the snapshot again",
        ) from error
    return sorted(marts, key=lambda mart: mart.name)


def write_tables(staging: Staging, contents: Contents) -> None:
    """Copy the marts and write `data/tables/datapackage.json`.

    Raises:
        PackageError: A mart is not described, or lacks its Parquet or its CSV.
    """
    marts = read_marts(contents.marts_json)
    _same_marts(contents, {mart.name for mart in marts})
    resources = []
    zones = _zones(contents)
    for mart in marts:
        parquet, text = f"{mart.name}.parquet", f"csv/{mart.name}.csv"
        source = contents.marts_folder / parquet
        staging.copy(f"{FOLDER}/{parquet}", source)
        staging.copy(f"{FOLDER}/{text}", contents.csv_folder / f"{mart.name}.csv")
        schema = pq.read_schema(source)
        resources.append(_resource(staging, mart, schema, path=text, kind="csv"))
        if mart.name != ZONES and zones and ZONE_KEY in schema.names and _column(source, ZONE_KEY) <= zones:
            resources[-1]["schema"]["foreignKeys"] = [
                {"fields": [ZONE_KEY], "reference": {"resource": ZONES, "fields": [ZONE_KEY]}}
            ]
        resources.append(_resource(staging, mart, schema, path=parquet, kind="parquet"))
    staging.write_json(f"{FOLDER}/datapackage.json", _descriptor(contents, resources))


def _zones(contents: Contents) -> set[str]:
    path = contents.marts_folder / f"{ZONES}.parquet"
    return _column(path, ZONE_KEY) if path.is_file() else set()


def _column(path: Path, column: str) -> set[str]:
    """Return the values of a column of texts, without null."""
    return {*pq.read_table(path, columns=[column])[column].unique().to_pylist()} - {None}


def _same_marts(contents: Contents, described: set[str]) -> None:
    places = {
        "description": (described, contents.marts_json),
        "Parquet": ({path.stem for path in contents.marts_folder.glob("*.parquet")}, contents.marts_folder),
        "CSV": ({path.stem for path in contents.csv_folder.glob("*.csv")}, contents.csv_folder),
    }
    every = set.union(*(names for names, _ in places.values()))
    for what, (names, where) in places.items():
        if missing := sorted(every - names):
            raise PackageError(
                f"tables lack their {what}",
                found=", ".join(missing),
                where=str(where),
                remedy="export the snapshot again",
            )


def _descriptor(contents: Contents, resources: list[dict[str, Any]]) -> dict[str, Any]:
    licences = sorted({(item.licence, item.product) for item in contents.inputs})
    return {
        "$schema": PROFILE,
        "name": contents.name.lower(),
        "title": f"{contents.project.name}: monitoring tables {contents.period_start} to {contents.period_end}",
        "description": "Monitoring tables of one monitoring period; areas in hectares, greenhouse gases in tCO2e.",
        "version": str(contents.version),
        "created": contents.created_at,
        "sources": [{"title": product, "licence": licence} for licence, product in licences],
        "resources": resources,
    }


def _resource(staging: Staging, mart: Mart, schema: pa.Schema, *, path: str, kind: str) -> dict[str, Any]:
    entry = staging.entries[f"{FOLDER}/{path}"]
    resource: dict[str, Any] = {
        "name": mart.name if kind == "csv" else f"{mart.name}-parquet",
        "path": path,
        "format": kind,
        "mediatype": MEDIA_TYPES[kind],
        "bytes": entry.bytes,
        "hash": f"sha256:{entry.sha256}",
        "title": mart.name,
        "description": mart.description,
    }
    if mart.description_es:
        resource["description_es"] = mart.description_es
    if kind == "csv":
        resource |= {
            "type": "table",
            "encoding": "utf-8",
            "dialect": {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "header": True},
            "schema": {
                "fields": [_field(field, mart.columns.get(field.name, {})) for field in schema],
                "primaryKey": list(mart.key),
                "missingValues": [""],
            },
        }
    return resource


def _field(field: pa.Field, said: Mapping[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"name": field.name, "type": _type(field.type)}
    for item in ("description", "description_es", "unit"):
        if said.get(item):
            described[item] = said[item]
    return described


def _type(kind: pa.DataType) -> str:
    for test, name in (
        (types.is_boolean, "boolean"),
        (types.is_integer, "integer"),
        (types.is_decimal, "number"),
        (types.is_floating, "number"),
        (types.is_date, "date"),
        (types.is_timestamp, "datetime"),
        (types.is_string, "string"),
        (types.is_large_string, "string"),
    ):
        if test(kind):
            return name
    return "any"
