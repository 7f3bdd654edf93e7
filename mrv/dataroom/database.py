"""The data room's database: SQLite by default, PostgreSQL by address; brought to its newest form by migrations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from mrv.errors import DataRoomError
from mrv.files import storage_errors

MIGRATIONS = Path(__file__).with_name("migrations")
THREADS = 40
"""Requests that one process works on at the same time."""
_LOCK = 7_302_958
"""Advisory lock on PostgreSQL under which one process migrates at a time."""


def moment(at: datetime | None = None) -> str:
    """Return a moment (default: now) as the tables hold it."""
    return (at or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Database:
    """Connections to the data room's tables.

    Args:
        url: SQLAlchemy URL.

    Raises:
        DataRoomError: The address cannot be used.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
            self.is_sqlite = parsed.get_backend_name() == "sqlite"
            # As many connections as the pool of threads that handlers run in; what a statement was given is not logged.
            options: dict[str, Any] = {"pool_size": THREADS, "max_overflow": 4, "hide_parameters": True}
            options |= {} if self.is_sqlite else {"pool_pre_ping": True}
            if self.is_sqlite and parsed.database:
                with storage_errors(Path(parsed.database)):
                    Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            self.engine = sa.create_engine(parsed, **options)
        except (SQLAlchemyError, ModuleNotFoundError) as error:
            raise DataRoomError(
                "the data room's database cannot be used",
                expected="a SQLAlchemy URL of SQLite or PostgreSQL, or no MRV_DATAROOM_URL",
                found=f"{type(error).__name__}: {error}",
                remedy="mend MRV_DATAROOM_URL",
            ) from error
        if self.is_sqlite:
            sa.event.listen(self.engine, "connect", _set_sqlite_pragmas)
            sa.event.listen(self.engine, "begin", _begin)

    def migrate(self) -> None:
        """Bring the tables to their newest form.

        Raises:
            DataRoomError: The database cannot be reached, or is of a newer release.
        """
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        try:
            with self.writing() as connection:
                if not self.is_sqlite:
                    connection.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except (SQLAlchemyError, CommandError) as error:
            raise DataRoomError(
                "the data room's tables cannot be brought to their newest form",
                found=str(error).splitlines()[0],
                where=self.engine.url.render_as_string(hide_password=True),
                remedy="check the address; a database of a newer release needs that release",
            ) from error

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that only reads."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give one transaction: all of it is kept, or nothing where the block raises."""
        with self.engine.connect().execution_options(mrv_writes=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Give back the connections."""
        self.engine.dispose()


def _set_sqlite_pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say, see `_begin`
    cursor = connection.cursor()
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    # Readers must not wait for a writer, so only transactions that write begin with the lock.
    writes = connection.get_execution_options().get("mrv_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
