"""Access logs of tests: a database with random acts in it."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from mrv.dataroom.access_log import Act, append
from mrv.dataroom.database import Database
from mrv.dataroom.models import access_log


def act(number: int = 0, **values: object) -> Act:
    """Return an act; what is not named is of a verifier who downloads a file."""
    usual = {
        "user_id": "u1", "actor": "ana@example.org", "address": "192.0.2.7", "action": "download", "object": f"file {number}",
        "project": "sample", "session_id": "s1", "detail": {"bytes": number},
    }  # fmt: skip
    return Act(**{**usual, **values})


def log_of(path: Path, count: int) -> Database:
    """Return a database whose log has so many entries."""
    database = Database(f"sqlite:///{path}")
    database.migrate()
    with database.writing() as connection:
        for number in range(1, count + 1):
            append(connection, act(number))
    return database


def refill(database: Database, rows: list[dict[str, object]]) -> None:
    """Put other entries in place of those of a log, as somebody who can write to the database might."""
    with database.writing() as connection:
        connection.execute(sa.delete(access_log))
        if rows:
            connection.execute(access_log.insert(), rows)


def rows_of(database: Database) -> list[dict[str, object]]:
    """Return the entries of a log."""
    with database.reading() as connection:
        query = sa.select(access_log).order_by(access_log.c.entry_no)
        return [dict(row) for row in connection.execute(query).mappings()]
