"""What the process of one query does: close itself in, run one SELECT or EXPLAIN, write the rows, and end."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from mrv.warehouse.cells import cell_json, cell_text
from mrv.warehouse.confinement import drop_privileges, enclose, limit

DATABASE = "snapshot.duckdb"
FORMS = ("json", "csv", "arrow", "parquet")
_BATCH_ROWS = 2048
_HEADROOM = 512 * 2**20
"""Address space beyond DuckDB's own limit, for Arrow and what DuckDB does not count."""
_ERROR_LETTERS = 1500
_SETTINGS: Mapping[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "secret_directory": "/nowhere",
    "extension_directory": "/nowhere",
    "python_enable_replacements": False,
    "temp_directory": "",
    "threads": 1,
}
_LAST = ("set enable_external_access = false", "set lock_configuration = true")
"""Set when the rest is: the temporary directory can no longer be taken away once outside access is shut."""


@dataclass(frozen=True)
class Task:
    """One query and its limits."""

    folder: str
    sql: str
    form: str
    rows: int
    bytes: int
    seconds: float
    memory_bytes: int


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """The query is not answered; `code` says which of the rules it met."""

    def __init__(self, code: str, found: str = "") -> None:
        super().__init__(found)
        self.code = code
        self.found = found


def answer(task: Task, data: int, status: int) -> None:
    """Run a query: rows to one pipe, and then to the other what they are, or why there are none.

    Args:
        task: The query.
        data: Pipe for the rows, in the form asked for.
        status: Pipe for one JSON object.
    """
    said: dict[str, Any]
    try:
        said = _answered(task, data)
    except Refused as refused:
        said = {"code": refused.code, "found": _told(refused.found, task.folder)}
    except (MemoryError, duckdb.OutOfMemoryException, pa.ArrowMemoryError):
        said = {"code": "memory", "found": ""}
    except duckdb.Error as error:
        said = {"code": "refused", "found": _told(str(error), task.folder)}
    except (pa.ArrowException, ValueError, OverflowError) as error:
        # Not every value of SQL has a place in every form, such as an interval in Parquet, or the year 290000 in Python.
        said = {"code": "form", "found": _told(str(error), task.folder)}
    os.close(data)
    os.write(status, json.dumps(said).encode())


def _answered(task: Task, data: int) -> dict[str, Any]:
    limit(seconds=task.seconds, memory_bytes=task.memory_bytes + _HEADROOM)
    folder = enclose(Path(task.folder))
    config = {**_SETTINGS, "memory_limit": f"{task.memory_bytes // 2**20}MiB"}
    connection = duckdb.connect(str(folder / DATABASE), read_only=True, config=config)
    for setting in _LAST:
        connection.execute(setting)
    drop_privileges()
    cursor = connection.execute(_one_select(connection, task.sql))
    columns = [{"name": str(column[0]), "type": str(column[1])} for column in cursor.description or ()]
    reader = cursor.to_arrow_reader(_BATCH_ROWS)
    with os.fdopen(os.dup(data), "wb") as stream:
        counted = _Limited(reader, task.rows, task.bytes)
        _WRITERS[task.form](counted, stream)
    return {
        "columns": columns,
        "rows": counted.rows,
        "truncated": counted.truncated,
        "enclosed": folder == Path("/"),
    }


def _one_select(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise Refused("unreadable", str(error)) from error
    kinds = [statement.type for statement in statements]
    if len(kinds) != 1 or kinds[0] not in {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}:
        raise Refused("not_one_select", ", ".join(kind.name for kind in kinds[:5]))
    return statements[0]


def _told(text: str, folder: str) -> str:
    """Return an error of DuckDB without its stack and without paths of the machine."""
    short = re.split(r"\n\s*Stack Trace|\nThis error signals", text, maxsplit=1)[0].strip()
    return short.replace(f"{folder}/", "").replace(folder, "")[:_ERROR_LETTERS]


class _Stream(Protocol):
    def write(self, content: bytes, /) -> Any: ...


class _Limited:
    """The rows of an answer, up to the limits; says afterwards how many there were and whether more were left."""

    def __init__(self, reader: pa.RecordBatchReader, rows: int, size: int) -> None:
        self.schema = reader.schema
        self.rows = 0
        self.truncated = False
        self.bytes_left = size
        self._reader = reader
        self._most_rows = rows

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield record batches while rows and bytes of them are left."""
        for batch in self._reader:
            fits = self._most_rows - self.rows
            if batch.nbytes > self.bytes_left:
                fits = min(fits, batch.num_rows * self.bytes_left // batch.nbytes)
            if batch.num_rows > fits:
                self.truncated = True
                batch = batch.slice(0, fits)
            self.rows += batch.num_rows
            self.bytes_left -= batch.nbytes
            yield batch
            if self.truncated:
                return

    def lines(self, write: Callable[[list[Any]], bytes]) -> Iterator[bytes]:
        """Yield each row as its line, while rows and bytes of lines are left."""
        for batch in self._reader:
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                line = write(list(row))
                self.bytes_left -= len(line)
                if self.rows == self._most_rows or self.bytes_left < 0:
                    self.truncated = True
                    return
                self.rows += 1
                yield line


def _write_json(rows: _Limited, stream: _Stream) -> None:
    stream.write(b"[")
    start = b""
    for line in rows.lines(lambda row: json.dumps([cell_json(cell) for cell in row], ensure_ascii=False).encode()):
        stream.write(start + line)
        start = b",\n"
    stream.write(b"]")


def _write_csv(rows: _Limited, stream: _Stream) -> None:
    stream.write(_csv_line(rows.schema.names))
    for line in rows.lines(lambda row: _csv_line([cell_text(cell) for cell in row])):
        stream.write(line)


def _csv_line(cells: list[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue().encode()


def _write_arrow(rows: _Limited, stream: _Stream) -> None:
    with pa.ipc.new_stream(stream, rows.schema) as writer:
        for batch in rows.batches():
            writer.write_batch(batch)


def _write_parquet(rows: _Limited, stream: _Stream) -> None:
    with pq.ParquetWriter(stream, rows.schema, compression="zstd") as writer:
        for batch in rows.batches():
            writer.write_batch(batch)


_WRITERS: Mapping[str, Callable[[_Limited, _Stream], None]] = {
    "json": _write_json,
    "csv": _write_csv,
    "arrow": _write_arrow,
    "parquet": _write_parquet,
}
