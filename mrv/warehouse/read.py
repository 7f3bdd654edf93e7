"""Read-only SQL on a published snapshot: one SELECT, no files, no settings, bounded rows and time."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from mrv.errors import UsageError
from mrv.warehouse.snapshot import DATABASE

MAX_QUERY_BYTES = 20_000
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "python_enable_replacements": False,
    "memory_limit": "1GB",
    "lock_configuration": True,
}


@dataclass(frozen=True)
class Answer:
    """Columns and rows of a query; `truncated` when there were more rows than the limit."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    truncated: bool


def query(snapshot: Path, sql: str, *, limit: int = 1000, timeout_s: float = 30.0) -> Answer:
    """Run one SELECT (or EXPLAIN) on a snapshot.

    Args:
        snapshot: Folder of a snapshot.
        sql: The statement, at most 20 kB.
        limit: Rows that are returned at most.
        timeout_s: Seconds after which the query is interrupted.

    Raises:
        UsageError: The statement is not one SELECT, is wrong, reaches outside, or takes too long.
    """
    database = snapshot / DATABASE
    if not database.is_file():
        raise UsageError(
            "there is no snapshot to read", where=str(database), remedy="run the period again: mrv run PROJECT"
        )
    if len(sql.encode()) > MAX_QUERY_BYTES:
        raise UsageError("the query is too long", expected=f"at most {MAX_QUERY_BYTES} bytes", remedy="shorten it")
    # Settings come with the connection: a statement that sets them one by one could be overtaken by a query.
    with duckdb.connect(str(database), read_only=True, config=_SETTINGS) as connection:
        _require_one_select(connection, sql)
        interrupted = threading.Event()
        timer = threading.Timer(timeout_s, _interrupt, args=(connection, interrupted))
        timer.daemon = True
        timer.start()
        try:
            cursor = connection.execute(sql)
            columns = [column[0] for column in cursor.description or ()]
            rows = cursor.fetchmany(limit + 1)
        except duckdb.Error as error:
            if interrupted.is_set():
                raise UsageError(
                    "the query took too long", expected=f"at most {timeout_s} s", remedy="ask for less, or group it"
                ) from error
            raise UsageError("the query was refused", found=str(error), remedy="mend the SQL") from error
        finally:
            timer.cancel()
    return Answer(columns=columns, rows=rows[:limit], truncated=len(rows) > limit)


def _interrupt(connection: duckdb.DuckDBPyConnection, interrupted: threading.Event) -> None:
    interrupted.set()
    connection.interrupt()


def _require_one_select(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise UsageError("the query cannot be read", found=str(error), remedy="mend the SQL") from error
    kinds = [statement.type for statement in statements]
    if len(kinds) != 1 or kinds[0] not in {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}:
        raise UsageError(
            "only one SELECT is answered",
            expected="one SELECT or EXPLAIN",
            found=", ".join(kind.name for kind in kinds) or "nothing",
            remedy="ask one question at a time; the tables cannot be changed",
        )
