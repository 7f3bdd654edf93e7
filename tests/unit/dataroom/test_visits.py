"""When a visit ends, and what is noted of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from mrv.dataroom import visits
from mrv.dataroom.database import moment
from mrv.dataroom.models import users
from mrv.dataroom.models import visits as table
from tests.unit.dataroom.access_logs import log_of

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.fixture
def database(tmp_path):
    database = log_of(tmp_path / "room.sqlite", 0)
    with database.writing() as connection:
        values = {"user_id": "u1", "email": "a@example.org", "name": "A", "created_at": moment()}
        connection.execute(users.insert().values(is_administrator=False, is_active=True, **values))
    return database


def pages(database, *minutes: float) -> tuple[str | None, str]:
    """Open pages at minutes; return the end of the visit before, and the last page that was noted."""
    for minute in minutes:
        with database.writing() as connection:
            visits.note(connection, "u1", "sample", START + timedelta(minutes=minute))
    with database.reading() as connection:
        row = connection.execute(sa.select(table)).one()
    return row.previous_at, row.last_at


def at(minute: float) -> str:
    return moment(START + timedelta(minutes=minute))


@pytest.mark.parametrize(
    ("minutes", "noted"),
    [
        ((0,), (None, 0)),
        ((0, 0.5), (None, 0)),
        ((0, 5, 25), (None, 25)),
        ((0, 5, 36), (5, 36)),
        ((0, 40, 60), (0, 60)),
        ((0, 40, 80), (40, 80)),
    ],
)
def test_a_visit_ends_after_half_an_hour_of_silence(database, minutes, noted):
    before, last = noted
    assert pages(database, *minutes) == (at(before) if before is not None else None, at(last))


def test_reading_knows_the_visit_before_without_writing(database):
    pages(database, 0, 5)
    with database.reading() as connection:
        assert visits.previous(connection, "u1", "sample", START + timedelta(minutes=6.5)) == (None, True)
        assert visits.previous(connection, "u1", "sample", START + timedelta(minutes=5.5)) == (None, False)
        assert visits.previous(connection, "u1", "sample", START + timedelta(minutes=90)) == (at(5), True)
        assert visits.previous(connection, "u1", "another", START) == (None, True)
