"""The migrations make what the models declare, on both databases; a database of a newer release is refused."""

from __future__ import annotations

import itertools
import threading

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from mrv.dataroom.access_log import Act, append
from mrv.dataroom.database import Database
from mrv.dataroom.models import access_log, metadata
from mrv.errors import DataRoomError
from tests.integration.postgres_server import postgresql, programs

pytestmark = pytest.mark.integration
WRITERS, EACH = 8, 12


@pytest.fixture(scope="module")
def server():
    """A PostgreSQL of this file."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """An empty database, brought to its newest form."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'room.sqlite'}"
    else:
        url = f"{request.getfixturevalue('server')}/postgres"
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text("drop schema public cascade"))
            connection.execute(sa.text("create schema public"))
        engine.dispose()
    made = Database(url)
    made.migrate()
    yield made
    made.close()


def test_the_migrations_make_what_the_models_declare(database):
    """Also after a second start, which changes nothing."""
    database.migrate()
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == "0001"


def test_a_database_of_a_newer_release_is_refused(database):
    with database.writing() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    with pytest.raises(DataRoomError, match="cannot be brought to their newest form"):
        database.migrate()


def test_processes_that_start_at_once_migrate_once(tmp_path):
    """Each of several databases objects on one empty file migrates; all end with the same tables."""
    databases = [Database(f"sqlite:///{tmp_path / 'room.sqlite'}") for _ in range(4)]
    threads = [threading.Thread(target=each.migrate) for each in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with databases[0].reading() as connection:
        assert set(metadata.tables) <= set(sa.inspect(connection).get_table_names())
    for each in databases:
        each.close()


def test_writers_at_once_leave_a_chain_without_gap_or_fork(database):
    """The isolation of both databases holds for the chain: no two entries follow the same one."""
    faults: list[Exception] = []

    def write(name: str) -> None:
        try:
            for number in range(EACH):
                with database.writing() as connection:
                    append(connection, Act(None, name, "127.0.0.1", "test", str(number)))
        except (sa.exc.SQLAlchemyError, DataRoomError) as error:
            faults.append(error)

    threads = [threading.Thread(target=write, args=(str(number),)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    with database.reading() as connection:
        rows = connection.execute(sa.select(access_log).order_by(access_log.c.entry_no)).all()
    assert [row.entry_no for row in rows] == list(range(1, WRITERS * EACH + 1))
    assert all(after.previous_hash == before.entry_hash for before, after in itertools.pairwise(rows))
