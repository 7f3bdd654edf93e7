"""Databases for questions about a published version, made from the tables that its package holds and nothing else.

A `.duckdb` file is a cache: its bytes differ from run to run, so no package carries one. What a question is answered from is
made of the package's own Parquet, each file held against the hash that the package declares.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mrv.errors import WarehouseError
from mrv.files import fsync_folder, hash_file, storage_errors, write_bytes
from mrv.warehouse.sandbox_child import DATABASE
from mrv.warehouse.snapshot import Mart, MartColumn, write_database

_FACTS = "database.json"
_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


@dataclass(frozen=True)
class Source:
    """A table of a package: its Parquet as the package declares it."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Tables:
    """The published tables of one version, and what the package says of them."""

    marts: tuple[Mart, ...]
    parquet: Mapping[str, Source]


@dataclass(frozen=True)
class PublishedDatabase:
    """A database for questions: the folder that a query sees, and what to check a copy against."""

    folder: Path
    bytes: int
    sha256: str

    @property
    def file(self) -> Path:
        """The DuckDB file."""
        return self.folder / DATABASE


def tables_of(datapackage: Mapping[str, Any], *, below: str) -> Tables:
    """Return the tables that a package's `datapackage.json` describes.

    Args:
        datapackage: Its content.
        below: Folder of the package that it lies in, such as `data/tables/`.
    """
    marts, parquet = [], {}
    for resource in datapackage["resources"]:
        if resource["format"] == "parquet":
            digest = str(resource["hash"]).removeprefix("sha256:")
            name = str(resource["name"]).removesuffix("-parquet")
            parquet[name] = Source(below + resource["path"], int(resource["bytes"]), digest)
        else:
            marts.append(_described(resource))
    return Tables(tuple(sorted(marts, key=lambda mart: mart.name)), parquet)


def _described(resource: Mapping[str, Any]) -> Mart:
    schema = resource["schema"]
    columns = tuple(
        MartColumn(field["name"], field["type"], field.get("description", ""), field.get("unit"))
        for field in schema["fields"]
    )
    texts = str(resource["description"]), str(resource["description_es"])
    return Mart(str(resource["name"]), *texts, tuple(schema.get("primaryKey", ())), columns)


def published_database(cache: Path, key: str, tables: Tables, read: Callable[[str], bytes]) -> PublishedDatabase:
    """Return the database of a version, made now where it is not in the cache.

    Args:
        cache: Folder of such databases; may be deleted at any time.
        key: Hash of the package's manifest.
        tables: What to put in.
        read: Gives a file of the package by its path.

    Raises:
        WarehouseError: A table is not the one that the package declares.
        StoreError: The disk refuses the write; nothing is left behind.
    """
    folder = cache / key[:16]
    with _locks[str(folder)]:
        if not (folder / _FACTS).is_file():
            _make(folder, tables, read)
    facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
    return PublishedDatabase(folder / "open", int(facts["bytes"]), str(facts["sha256"]))


def _make(folder: Path, tables: Tables, read: Callable[[str], bytes]) -> None:
    with storage_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        with storage_errors(folder):
            (staged / "open").mkdir()
            database = staged / "open" / DATABASE
            write_database(database, tables.marts, {name: _table(of, read) for name, of in tables.parquet.items()})
            facts = {"bytes": database.stat().st_size, "sha256": hash_file(database)}
            write_bytes(staged / _FACTS, json.dumps(facts).encode())
            try:
                staged.rename(folder)
            except OSError:
                if not (folder / _FACTS).is_file():  # else another process was faster, with the same tables
                    raise
            fsync_folder(folder.parent)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _table(source: Source, read: Callable[[str], bytes]) -> pa.Table:
    content = read(source.path)
    found = hashlib.sha256(content).hexdigest()
    if found != source.sha256:
        raise WarehouseError(
            "a table of the package is not the one that it declares",
            expected=source.sha256,
            found=found,
            where=source.path,
            remedy="verify the package: mrv verify",
        )
    return pq.read_table(pa.BufferReader(content))
