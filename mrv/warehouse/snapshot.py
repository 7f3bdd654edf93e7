"""Publish a build as an immutable snapshot: marts as Parquet and CSV, their description, the SQL that made them."""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from mrv.errors import WarehouseError
from mrv.files import fsync_folder, hash_file, storage_errors, write_bytes, write_parquet
from mrv.warehouse.build import Build
from mrv.warehouse.cells import cell_text
from mrv.warehouse.sandbox_child import DATABASE


@dataclass(frozen=True)
class MartColumn:
    """A column of a mart."""

    name: str
    type: str
    description: str
    unit: str | None


@dataclass(frozen=True)
class Mart:
    """A published table as the dbt project describes it."""

    name: str
    description: str
    description_es: str
    key: tuple[str, ...]
    columns: tuple[MartColumn, ...]

    def record(self) -> dict[str, Any]:
        """Return the entry of marts.json."""
        return {
            "name": self.name,
            "description": self.description,
            "description_es": self.description_es,
            "key": list(self.key),
            "columns": [
                {"name": column.name, "type": column.type, "description": column.description, "unit": column.unit}
                for column in self.columns
            ],
        }


def read_marts(target: Path) -> list[Mart]:
    """Read the descriptions of the marts from dbt's manifest, sorted by name.

    Raises:
        WarehouseError: A mart declares no key.
    """
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    return sorted((_mart(node) for node in nodes if node["schema"] == "marts"), key=lambda mart: mart.name)


def _mart(node: Mapping[str, Any]) -> Mart:
    meta = node["config"]["meta"]
    if not meta.get("key"):
        raise WarehouseError(
            f"mart {node['name']} declares no key",
            where=node["patch_path"],
            remedy="set config.meta.key to the columns that identify a row",
        )
    columns = tuple(
        MartColumn(column["name"], column["data_type"], column["description"], column["config"]["meta"].get("unit"))
        for column in node["columns"].values()
    )
    return Mart(node["name"], node["description"], meta["description_es"], tuple(meta["key"]), columns)


def export(build: Build, folder: Path) -> dict[str, str]:
    """Write a build's marts to a new folder, in one step.

    The folder holds `marts/<mart>.parquet`, `csv/<mart>.csv`, `marts.json`, `calc/sql/` (the SQL that was run),
    `calc/run_results.json` (what each model and test said) and `snapshot.duckdb`. Rows lie in the order of the key.

    Args:
        build: A finished build.
        folder: Where the snapshot shall lie. If a snapshot with the same files lies there, nothing is done.

    Returns:
        Relative path to sha256 of each file, without the database cache. The same inputs give the same hashes.

    Raises:
        WarehouseError: Another snapshot lies there already.
        StoreError: The disk refuses the write; nothing is left behind.
    """
    with storage_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        with storage_errors(folder):
            _write(build, staged)
            hashes = published_files(staged)
            if folder.exists():
                _require_same(hashes, folder)
                return hashes
            staged.chmod(0o755)
            staged.rename(folder)
            fsync_folder(folder.parent)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return hashes


def _reading(build: Build) -> duckdb.DuckDBPyConnection:
    """Open a build for reading; moments are told in UTC, wherever the machine is."""
    connection = duckdb.connect(str(build.database), read_only=True)
    connection.execute("set TimeZone = 'UTC'")
    return connection


def write_built(build: Build, folder: Path, wanted: Sequence[str]) -> dict[str, pa.Table]:
    """Write marts of a build as CSV and Parquet, in the order of their keys; what was there is replaced.

    Args:
        build: A finished build.
        wanted: Marts to write, of those that the build made.
        folder: Where `csv/` and `marts/` shall lie.

    Returns:
        Mart to its rows.

    Raises:
        StoreError: The disk refuses the write.
    """
    tables = {}
    with _reading(build) as connection:
        made = {
            name
            for (name,) in connection.execute(
                "select table_name from information_schema.tables where table_schema = 'marts'"
            ).fetchall()
        }
        for mart in (mart for mart in read_marts(build.target) if mart.name in made and mart.name in wanted):
            rows = connection.table(f"marts.{mart.name}").to_arrow_table()
            tables[mart.name] = rows.sort_by([(name, "ascending") for name in mart.key]).combine_chunks()
    with storage_errors(folder):
        for name, table in tables.items():
            write_parquet(folder / "marts" / f"{name}.parquet", table)
            write_csv(folder / "csv" / f"{name}.csv", table)
    return tables


def published_files(folder: Path) -> dict[str, str]:
    """Return relative path to sha256 of each file of a snapshot, without the database cache."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != DATABASE)
    return {path.relative_to(folder).as_posix(): hash_file(path) for path in files}


def _require_same(hashes: Mapping[str, str], folder: Path) -> None:
    there = published_files(folder)  # what others laid beside the snapshot's own files does not count
    different = sorted(name for name in hashes if hashes[name] != there.get(name))
    if different:
        raise WarehouseError(
            "another snapshot lies there already",
            expected="the same files, because a snapshot is never changed",
            found=f"{len(different)} different, first {different[0]}",
            where=str(folder),
            remedy="publish under another name",
        )


def _write(build: Build, folder: Path) -> None:
    marts = read_marts(build.target)
    tables = {}
    with _reading(build) as connection:
        for mart in marts:
            # Ordered by Arrow, not by the engine: the same for any number of threads, nulls last.
            rows = connection.table(f"marts.{mart.name}").to_arrow_table()
            tables[mart.name] = rows.sort_by([(name, "ascending") for name in mart.key]).combine_chunks()
    for name, table in tables.items():
        write_parquet(folder / "marts" / f"{name}.parquet", table)
        write_csv(folder / "csv" / f"{name}.csv", table)
    write_bytes(folder / "marts.json", _json([mart.record() for mart in marts]))
    _write_calculation(build.target, folder / "calc")
    write_database(folder / DATABASE, marts, tables)


def write_csv(path: Path, table: pa.Table) -> None:
    """Write a table as CSV: UTF-8, LF, decimals in full, ISO dates, nulls empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(table.column_names)
        writer.writerows(_text_rows(table))


def _text_rows(table: pa.Table) -> Iterator[list[str]]:
    for batch in table.to_batches(max_chunksize=10_000):
        columns = [column.to_pylist() for column in batch.columns]
        yield from ([cell_text(value) for value in row] for row in zip(*columns, strict=True))


def _write_calculation(target: Path, folder: Path) -> None:
    """Copy the compiled SQL, and of dbt's results what does not differ between runs."""
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    kept = [{name: result[name] for name in ("unique_id", "status", "failures")} for result in results]
    write_bytes(
        folder / "run_results.json", _json({"results": sorted(kept, key=lambda result: str(result["unique_id"]))})
    )
    compiled = target / "compiled"
    for path in sorted(compiled.rglob("*.sql")):
        if path.is_file():
            copy = folder / "sql" / path.relative_to(compiled)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


def write_database(path: Path, marts: Sequence[Mart], tables: Mapping[str, pa.Table]) -> None:
    """Write tables and their descriptions as a DuckDB file.

    It is a cache for readers, made from the Parquet; its bytes differ from run to run, so it is never signed.

    Args:
        path: The file, which is new.
        marts: Descriptions; those without a table are left out.
        tables: Table of each mart by name.
    """
    with duckdb.connect(str(path)) as connection:
        for mart in (mart for mart in marts if mart.name in tables):
            connection.from_arrow(tables[mart.name]).create(mart.name)
            connection.execute(f"comment on table {mart.name} is {_quoted(mart.description)}")
            for column in mart.columns:
                unit = f" [{column.unit}]" if column.unit else ""
                text = _quoted(column.description + unit)
                connection.execute(f'comment on column {mart.name}."{column.name}" is {text}')


def _quoted(text: str) -> str:
    """Return an SQL string; COMMENT takes no parameters."""
    return "'" + text.replace("'", "''") + "'"


def _json(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
